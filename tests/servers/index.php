<?php
// For php-fpm: the whole site. /slow takes 300 ms, /stream sends five lines 200 ms apart.
$generation = 'generation=' . getenv('BATON_GENERATION') . "\n";
if ($_SERVER['DOCUMENT_URI'] === '/slow')
	usleep(300000);
echo $generation;
if ($_SERVER['DOCUMENT_URI'] === '/stream')
	for ($line = 1; $line < 5; $line++) {
		flush();
		usleep(200000);
		echo $generation;
	}
