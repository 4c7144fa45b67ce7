// Loaded before Azurite, so that it never outlives the test that started it. The
// test holds the other end of standard input: however it ends, the operating
// system closes that end, and this process goes. AZURITE_FOLDER, with the
// certificate and the log, goes with it.
'use strict';

const fs = require('node:fs');

process.stdin.on('end', () => {
  fs.rmSync(process.env.AZURITE_FOLDER, { recursive: true, force: true });
  process.exit(0);
});
process.stdin.resume();

// Tells the waiting test at once that there is nothing left to wait for.
process.on('exit', (code) => fs.writeSync(1, `\nexit ${code}\n`));
