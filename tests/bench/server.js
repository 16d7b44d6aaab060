// server.js HOW [PORT]: the Node server of the benches, the same for every candidate; two of it serve. / is answered
// at once, /slow after 300 ms. On SIGTERM and SIGINT it ends as a good server does: it listens no more and closes
// what is idle, answers what it has begun, and exits.
//
// HOW: port, or fd: listen on descriptor 3, as LISTEN_FDS says.
const { createServer } = require('node:http')
const [how, port] = process.argv.slice(2)
const answer = `hello from ${process.pid}\n`

const server = createServer((request, response) => {
	if (request.url === '/slow')
		setTimeout(() => response.end(answer), 300)
	else
		response.end(answer)
})
server.listen(how === 'fd' ? { fd: 3 } : { port: Number(port) }, () => console.log('listening'))

for (const signal of ['SIGTERM', 'SIGINT'])
	process.on(signal, () => server.close(() => process.exit(0)))
