// A primary and two workers of its own. Its arguments: a port, and how connections are shared: "primary" accepts
// and passes them on (Node's default), "shared" lets the workers accept from the primary's socket, "exclusive" has
// each worker bind a socket of its own, which baton makes possible.
const cluster = require('node:cluster')
const { createServer } = require('node:http')
const { answer } = require('./answers.js')
const [port, how] = process.argv.slice(2)

if (how !== 'primary')
	cluster.schedulingPolicy = cluster.SCHED_NONE
if (cluster.isPrimary) {
	cluster.fork()
	cluster.fork()
} else {
	createServer(answer).listen({ port: Number(port), exclusive: how === 'exclusive' })
}
