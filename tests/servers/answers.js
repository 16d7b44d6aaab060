// What the Node servers answer: / at once, /slow after 300 ms, /stream five lines 200 ms apart.
const generation = `generation=${process.env.BATON_GENERATION}\n`

function stream(response, lines) {
	response.write(generation)
	if (lines > 1)
		setTimeout(stream, 200, response, lines - 1)
	else
		response.end()
}

exports.answer = (request, response) => {
	if (request.url === '/slow')
		setTimeout(() => response.end(generation), 300)
	else if (request.url === '/stream')
		stream(response, 5)
	else
		response.end(generation)
}
