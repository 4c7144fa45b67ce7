// Loaded before Azurite, so that it exits with the test that started it. The test holds the other end of
// standard input. When the test binary exits, in whatever way, the operating system closes that end, and
// this process removes AZURITE_FOLDER, which has the certificate and the log, and exits.
'use strict';

const fs = require('node:fs');

process.stdin.on('end', () => {
  fs.rmSync(process.env.AZURITE_FOLDER, { recursive: true, force: true });
  process.exit(0);
});
process.stdin.resume();

// The waiting test reads this line and reports the exit at once.
process.on('exit', (code) => fs.writeSync(1, `\nexit ${code}\n`));
