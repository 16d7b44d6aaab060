import { getCollection } from 'astro:content';

// Imported by nothing at start; see pages/lazy.astro.
const posts = await getCollection('blog');

export function almanac(): string {
	const titles = posts.map((post) => post.data.title).sort();
	return `almanac of ${posts.length} posts: ${titles.join(', ')}`;
}
