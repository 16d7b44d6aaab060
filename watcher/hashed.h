/*
 * hashed.h - does the name of a file carry a hash of its contents? PURE: no system calls.
 *
 * Vite, Rollup, Astro, esbuild, webpack, Parcel, Next, SvelteKit, Nuxt and Angular put one before the
 * extension: index.BKx3_f9Q.css, chunk-YIKBTUEG.js, main.4f3d2a1b.chunk.js. A file of such a name never
 * changes, so the one of another release can lie beside it.
 */
#ifndef WATCHER_HASHED_H
#define WATCHER_HASHED_H

#include <stdbool.h>

/*
 * name: without directories. At least 8 of [0-9A-Za-z_-] between a '.' or '-' and the extension, or
 * between that and the next '.', which no person would write: not words, numbers, dates or sizes.
 * Roughly one hash in a hundred looks like a word and is not seen.
 */
bool hashed_name(const char *name);

#endif
