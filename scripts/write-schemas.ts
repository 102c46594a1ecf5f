import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { schemaFiles } from "../shared/events/json-schema.ts";

/** Writes `schemas/` anew: what is no longer an event leaves no file behind. */
const root = fileURLToPath(new URL("../schemas", import.meta.url));
const files = schemaFiles();
rmSync(root, { recursive: true, force: true });
for (const [path, content] of files) {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
console.log(`${files.size} files in schemas/`);
