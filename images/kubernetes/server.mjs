// An ordinary server that knows nothing of baton: / answers at once, /slow after 300 ms.
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';

createServer(async (request, response) => {
	if (request.url === '/slow')
		await setTimeout(300);
	response.end(`generation=${process.env.BATON_GENERATION} pid=${process.pid}\n`);
}).listen(8080);
