/**
 * `node scripts/run.mjs <task> [args]`: what package.json's scripts call. Installs the locked dependencies when
 * they are missing or stale, then runs the task on a fitting Node. Runs itself on Node 20.
 *
 * The version is checked before anything else is loaded, since the other files use what older Nodes lack.
 */
const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  console.error(`persona-fleet: Node 20 or newer is needed to set up, this is ${process.version}`);
  process.exitCode = 2;
} else {
  import('./main.mjs')
    .then(({ main }) => main(process.argv.slice(2)))
    .then((code) => {
      process.exitCode = code;
    });
}
