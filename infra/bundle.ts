import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";

/** One folder under functions/ each. */
export const functionNames = [
  "intake-events",
  "plan-schedules",
  "release-due",
  "resume-waiting",
  "attempt-transfer",
  "reverse-transfer",
  "sweep-due",
  "receive-stripe-webhook",
  "apply-provider-event",
  "write-audit",
  "relay-changes",
  "administer-platform",
  "answer-queries",
  "accept-commands",
  "operate-platform",
] as const;
export type FunctionName = (typeof functionNames)[number];

/** Where each function's code is: the folder that becomes its asset. */
export type Bundles = Readonly<Record<FunctionName, string>>;

class FunctionMissing extends Error {
  override readonly name = "FunctionMissing";
}

const root = resolve(import.meta.dirname, "..");

/**
 * Lambda gives a function its credentials in the environment, where the SDK looks first. Its ways to others would be a
 * fifth of most bundles, read at each cold start.
 */
const withoutOtherCredentials: Plugin = {
  name: "without-other-credentials",
  setup({ onResolve, onLoad }) {
    const namespace = "left-out";
    const filter = /^@aws-sdk\/credential-provider-(ini|login|process|sso|web-identity)$/;
    onResolve({ filter }, ({ path }) => ({ path, namespace }));
    onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: `throw new Error("${path} is not in the bundle: a function finds its credentials in the environment");`,
    }));
  },
};

/**
 * Bundles all functions in one esbuild run. The same sources give the same bytes, so an asset's hash changes only
 * with its code, and a source map can be made again from the commit instead of being shipped.
 */
export async function bundleFunctions({
  functionsDir = join(root, "functions"),
  outdir = join(root, "dist", "functions"),
} = {}): Promise<{ bundles: Bundles; metafile: Metafile }> {
  const entry = (name: FunctionName) => join(functionsDir, name, "handler.ts");
  const missing = functionNames.filter((name) => !existsSync(entry(name)));
  if (missing.length > 0) {
    throw new FunctionMissing(`no handler.ts in ${missing.map((name) => join(functionsDir, name)).join(", ")}`);
  }
  const result = await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(functionNames.map((name) => [join(name, "index"), entry(name)])),
    outdir,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    mainFields: ["module", "main"],
    minify: true,
    // Errors are matched by name: in retries, in Step Functions and in alarms.
    keepNames: true,
    legalComments: "none",
    plugins: [withoutOtherCredentials],
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  await Promise.all(result.outputFiles.map((file) => replaceIfChanged(file.path, file.contents)));
  return { bundles: bundlesIn(outdir), metafile: result.metafile };
}

export function bundlesIn(outdir: string): Bundles {
  return Object.fromEntries(functionNames.map((name) => [name, join(outdir, name)])) as Bundles;
}

/** Two runs may bundle at the same time: a reader sees the old file or the new one, never half of it. */
async function replaceIfChanged(path: string, contents: Uint8Array): Promise<void> {
  const current = await readFile(path).catch(() => undefined);
  if (current?.equals(contents)) return;
  await mkdir(dirname(path), { recursive: true });
  const temporary = join(dirname(dirname(path)), `.${process.pid}-${crypto.randomUUID()}`);
  await writeFile(temporary, contents);
  await rename(temporary, path);
}
