/** Builds the console: `node console-build-process.ts SOURCE OUTDIR`. The old files stay until the new ones are whole. */
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { build, type Plugin } from "vite";
import { hashesOf, knownInputs, recordFileOf } from "./console-build.ts";

/** Below this a compressed file saves no packet. */
const WORTH_COMPRESSING_BYTES = 1_024;
const COMPRESSIBLE = /\.(?:css|html|js|json|map|mjs|svg|txt|wasm|webmanifest|xml)$/;

const [source, outdir] = process.argv.slice(2);
if (source === undefined || outdir === undefined) throw new Error("needs the folders of the source and of the build");

const folders = { source, outdir };
const unfinished = resolve(import.meta.dirname, "..", "dist", `.console-${randomUUID()}`);
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  process.once(signal, () => {
    rmSync(unfinished, { recursive: true, force: true });
    process.exit(code);
  });
}
try {
  const known = knownInputs(folders);
  const modules = await bundle(source, unfinished);
  await compress(unfinished);
  await writeFile(recordFileOf(unfinished), JSON.stringify({ ...hashesOf(folders, modules), ...known }));
  await replace(outdir, unfinished);
} catch (error) {
  // The bundler's message names file and line; its own stack helps nobody.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await rm(unfinished, { recursive: true, force: true });
}

/** Gives the paths of all modules that went in. */
async function bundle(root: string, outDir: string): Promise<ReadonlySet<string>> {
  const modules = new Set<string>();
  const recordModules: Plugin = {
    name: "record-modules",
    buildEnd() {
      for (const id of this.getModuleIds()) modules.add(id.replace(/\?.*$/s, ""));
    },
  };
  await build({ root, plugins: [recordModules], logLevel: "error", build: { outDir, emptyOutDir: true } });
  return modules;
}

async function compress(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  await Promise.all(files.filter((file) => COMPRESSIBLE.test(file)).map(compressFile));
}

async function compressFile(file: string): Promise<void> {
  const content = await readFile(file);
  if (content.length < WORTH_COMPRESSING_BYTES) return;
  const quality = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  await Promise.all([
    promisify(brotliCompress)(content, { params: quality }).then((packed) => writeFile(`${file}.br`, packed)),
    promisify(gzip)(content, { level: 9 }).then((packed) => writeFile(`${file}.gz`, packed)),
  ]);
}

/** Two builds may end at the same time: the last one stays. */
async function replace(target: string, whole: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const isThere = await stat(target).then(
    () => true,
    () => false,
  );
  const old = `${whole}-old`;
  if (isThere) await rename(target, old);
  await rename(whole, target);
  await rm(old, { recursive: true, force: true });
}
