// One process, node:http. Its argument is a port or the path of a UNIX socket.
const { createServer } = require('node:http')
const { answer } = require('./answers.js')

createServer(answer).listen(process.argv[2])
