/** Loads one CommonJS module in a fresh process, as Lambda loads a `.cjs` handler, and prints how many milliseconds that took. */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const [target = ""] = process.argv.slice(2);
const from = performance.now();
require(target);
process.stdout.write(String(performance.now() - from), () => process.exit(0));
