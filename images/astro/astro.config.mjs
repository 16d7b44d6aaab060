import node from '@astrojs/node';
import { defineConfig } from 'astro/config';

export default defineConfig({
	output: 'server',
	adapter: node({ mode: 'standalone' }),
	// Styles are files with a hash in their name, so a page of an old release can be seen to find its own.
	build: { inlineStylesheets: 'never' },
	// sharp is native code that a blog without images has no use for.
	image: { service: { entrypoint: 'astro/assets/services/noop' } },
	devToolbar: { enabled: false },
});
