import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";

const root = resolve(import.meta.dirname, "..");
const buildProcess = fileURLToPath(new URL("./console-build-process.ts", import.meta.url));

/** Beside the built files: what they were built from. */
const RECORD = ".inputs.json";
/** Hashes by path, seen from the repository's root. */
const recordSchema = z.record(z.string(), z.string());
type Inputs = z.infer<typeof recordSchema>;

/** Bounds what a failed build says. */
const COMPLAINT_CHARACTERS = 4_000;

/** The console's sources can't be built; the message is the bundler's. */
export class ConsoleNotBuilt extends Error {
  override readonly name = "ConsoleNotBuilt";
}

export interface ConsoleBuild {
  /** The app's folder, with its `index.html` and its configuration of Vite. */
  readonly source: string;
  /** Where the built files are, with `.br` and `.gz` beside what shrinks. */
  readonly outdir: string;
}

export const consoleBuild: ConsoleBuild = {
  source: join(root, "console"),
  outdir: join(root, "console", "dist"),
};

/**
 * Gives the folder of the built console, building it where any file that went into it has changed since. The build runs
 * in a process of its own: it takes seconds of a processor, and `NODE_ENV` decides about what it makes.
 */
export async function ensureConsoleBuilt(
  build: ConsoleBuild = consoleBuild,
  { signal }: { signal?: AbortSignal } = {},
): Promise<string> {
  if (isConsoleBuilt(build)) return build.outdir;
  const child = spawn(process.execPath, [buildProcess, build.source, build.outdir], {
    env: { ...process.env, NODE_ENV: "production" },
    stdio: ["ignore", "ignore", "pipe"],
    ...(signal === undefined ? {} : { signal }),
  });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint = `${complaint}${chunk.toString("utf8")}`.slice(-COMPLAINT_CHARACTERS);
  });
  const code = await new Promise<number | null>((done, fail) => {
    child.once("error", fail);
    child.once("close", done);
  });
  if (code !== 0) throw new ConsoleNotBuilt(`the console can't be built:\n${complaint.trim()}`);
  return build.outdir;
}

/** True where the built files are those of the sources as they are now. */
export function isConsoleBuilt({ source, outdir }: ConsoleBuild): boolean {
  const file = join(outdir, RECORD);
  if (!existsSync(file)) return false;
  const recorded = recordSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  // A file that is new may be one that is found by a pattern.
  const isComplete = filesOf({ source, outdir }).every((path) => Object.hasOwn(recorded, nameOf(path)));
  return isComplete && Object.entries(recorded).every(([name, hash]) => hashOf(join(root, name)) === hash);
}

/** What decides about a build before anything of it is read: the app's own files, the packages, and how it is built. */
export function knownInputs(build: ConsoleBuild): Inputs {
  const settings = ["package-lock.json", "tsconfig.json"].map((name) => join(root, name));
  return hashesOf(build, [...filesOf(build), ...settings, buildProcess]);
}

/** Hashes of files; those of packages are left out, since the lock file stands for them. */
export function hashesOf({ source }: ConsoleBuild, paths: Iterable<string>): Inputs {
  const isOwn = (path: string) => [root, source].some((folder) => path.startsWith(folder + sep));
  const own = [...new Set(paths)].filter((path) => isOwn(path) && !path.includes("node_modules"));
  return Object.fromEntries(own.map((path) => [nameOf(path), hashOf(path) ?? ""]).sort());
}

export const recordFileOf = (outdir: string) => join(outdir, RECORD);

function filesOf({ source, outdir }: ConsoleBuild): string[] {
  return readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(outdir + sep) && !path.includes("node_modules"));
}

function nameOf(path: string): string {
  return relative(root, path).split(sep).join("/");
}

function hashOf(path: string): string | undefined {
  return existsSync(path) ? createHash("sha256").update(readFileSync(path)).digest("hex") : undefined;
}
