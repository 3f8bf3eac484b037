<?php
// PHP compiles a file when it loads it: load.php loads the whole client.

require __DIR__ . '/autoload.php';

$files = new RecursiveDirectoryIterator('build/sdk/php/lib', FilesystemIterator::SKIP_DOTS);
foreach (new RecursiveIteratorIterator($files) as $file) require_once $file->getPathname();
