<?php
// What Composer's autoloader would do: the client, and Guzzle of Debian's packages.

// What PHP only warns about is a failure too.
set_error_handler(function (int $kind, string $message): void {
    throw new ErrorException($message, 0, $kind);
});

require_once 'GuzzleHttp/autoload.php';

spl_autoload_register(function (string $class): void {
    if (str_starts_with($class, 'Latchkey\\'))
        require_once 'build/sdk/php/lib/' . str_replace('\\', '/', substr($class, strlen('Latchkey\\'))) . '.php';
});
