/* capability_name.h - capabilities by the names of capabilities(7). */
#ifndef INIT_CAPABILITY_NAME_H
#define INIT_CAPABILITY_NAME_H

/* "NET_BIND_SERVICE", "CAP_CHOWN", "chown": its number; -1 when there is no such capability. */
int capability_number(const char *text);

#endif
