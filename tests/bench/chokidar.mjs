// What who uses chokidar writes around it: gather for a delay, then run a command. Paths are kept in `changed`.
// usage: chokidar.mjs MODULE ROOT DELAY-MS COMMAND...
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';

const [module, root, delay, ...command] = process.argv.slice(2);
const { watch } = await import(module);
let timer, running = false, again = false;

function run() {
	if (running) {
		again = true;
		return;
	}
	running = true;
	spawn(command[0], command.slice(1), { stdio: 'ignore' }).on('exit', () => {
		running = false;
		if (again) {
			again = false;
			run();
		}
	});
}

watch(root, { ignoreInitial: true })
	.on('ready', () => console.log('ready'))
	.on('all', (_, path) => {
		appendFileSync('changed', path + '\n');
		clearTimeout(timer);
		timer = setTimeout(run, Number(delay));
	});
