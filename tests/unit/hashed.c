/* Goal: names as real tools write them are told from those that people give. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "watcher/hashed.h"

static const char *const hashed[] = {
	/* Astro, Vite, Rollup */
	"index.BKx3_f9Q.css", "_slug_.DkX2aPzz.css", "photo.BKx3_f9Q_1kLmNo.webp", "index-4sK7aZx1.js",
	"index-B-x3_f9Q.js", "index-_Zx81-kQ.js", "vendor-DfKX9pqt.js.map", "index-legacy-DkX2aPzz.js",
	"chunk-4f3d2a1b.js", "page.DbQxWmZk.js", "logo-C2bQ-Z1_.svg", "BaseLayout.astro_astro_type_script_index_0_lang.C5zGgzuC.js",
	"ClientRouter.astro_astro_type_script_index_0_lang.QW52Ox2j.js", "client.CTRgX8vZ.js",
	/* webpack, Create React App, Next, Gatsby */
	"main.4f3d2a1b9c0d1e2f3a4b.js", "main.8d3c1d2e.chunk.js", "runtime~main.a1b2c3d4.js",
	"main.8e9f0a1b.css.map", "3f2a91c0deadbeef1234.png", "framework-2c79e2a64abdb08b.js",
	"_app-72b849fbd24ac258.js", "117-1ad3c5b0b5bb7e4f.js", "main-4f3d2a1b.js",
	"component---src-pages-index-js-4f3d2a1b9c0d1e2f3a4b.js", "workbox-4754cb34.js",
	"main.4f3d2a1b.js.LICENSE.txt", "vendors_node_4f3d2a1b.js",
	/* esbuild, Angular, Remix */
	"index-3AKQX5ZT.js", "chunk-YIKBTUEG.js", "main-FFKOV4RE.js", "styles-5INURTSO.css", "root-BKX3F9QA.js",
	/* Parcel, SvelteKit, Nuxt, Sprockets, Django */
	"index.4f3d2a1b.js", "entry.BqX3k9f2.js", "0.DkX2aPzz.js", "DkX2aPzz.js", "entry.DkX2aPzz.css",
	"application-908e25f4bf641868d8683022a5b62f54908e25f4bf641868d8683022a5b62f54.css",
	"app.55e7cbb9ba48.css", "main.12345678.js", "a.4f3d2a1b.js.gz",
};

static const char *const human[] = {
	"jquery.min.js", "favicon.ico", "index.html", "android-chrome-512x512.png",
	"apple-touch-icon-180x180.png", "apple-touch-icon-precomposed.png", "bootstrap.bundle.min.js",
	"jquery-3.7.1.min.js", "jquery.dataTables.min.js", "fontawesome-webfont.woff2",
	"Roboto-Regular.woff2", "Inter-SemiBold.woff2", "OpenSans-ExtraBoldItalic.ttf",
	"backgroundImage.png", "manifest.webmanifest", "service-worker.js", "2026-01-15-post.html",
	"photo_20260115.jpg", "photo-20260115.jpg", "IMG_20260115_123456.jpg",
	"screenshot-2026-01-15.png", "video-1920x1080.mp4", "logo@2x.png", "react-dom.production.min.js",
	"chunk-vendors.js", "polyfills-legacy.js", "registerSW.js", "robots.txt", "sitemap-index.xml",
	"fa-solid-900.woff2", "roboto-v30-latin-regular.woff2", "KaTeX_Math-BoldItalic.woff2",
	"roboto-v30-latin_latin-ext-700italic.woff2", "three.module.js", "atkinson-regular.woff",
	"blog-placeholder-1.jpg", "hero_image-final_v2.png", "release-section12.html", "about-html5shiv",
	"foo-bootstrap5.js", ".htaccess", "README", "LICENSE-apache.txt", "main.css", "a-b-c-d-e-f.js",
	"mstile-150x150.png", "site.webmanifest", "opengraph-image.png", "theme-stylesheet.css",
	"stylesheet.css", "index.module.css", "", ".", "..", "-", "--------.js", "________.js",
};

Test(hashed, names_of_real_tools)
{
	size_t i;

	for (i = 0; i < sizeof(hashed) / sizeof(*hashed); i++)
		cr_expect(hashed_name(hashed[i]), "%s carries a hash", hashed[i]);
}

Test(hashed, names_that_people_give)
{
	size_t i;

	for (i = 0; i < sizeof(human) / sizeof(*human); i++)
		cr_expect_not(hashed_name(human[i]), "%s carries none", human[i]);
}

/* So many of 100,000 drawn by chance, each of 8 characters of the alphabet, are seen. */
static int
seen_of(const char *alphabet, int letters)
{
	char name[] = "index-XXXXXXXX.js";
	int seen = 0, i, j;

	for (i = 0; i < 100000; i++) {
		for (j = 0; j < 8; j++)
			name[6 + j] = alphabet[random() % letters];
		seen += hashed_name(name);
	}
	return seen;
}

Test(hashed, few_hashes_look_like_words)
{
	srandom(1);
	cr_expect_gt(seen_of("0123456789abcdef", 16), 97000);
	cr_expect_gt(seen_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32), 99999 - 1);
	cr_expect_gt(seen_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_", 64), 98500);
}
