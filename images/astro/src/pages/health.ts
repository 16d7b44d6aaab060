import type { APIRoute } from 'astro';

export const GET: APIRoute = () => new Response(`ok generation=${process.env.BATON_GENERATION ?? '0'}\n`);
