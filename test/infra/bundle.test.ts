import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleFunctions, functionNames } from "../../infra/bundle.ts";
import { temporaryDirectory } from "./synthesized.ts";

const handler =
  "export class HoldAlreadyReleased extends Error {}\nexport const handler = async () => HoldAlreadyReleased.name;\n";

async function stubFunctions(names: readonly string[] = functionNames): Promise<string> {
  const functionsDir = temporaryDirectory();
  for (const name of names) {
    await mkdir(join(functionsDir, name));
    await writeFile(join(functionsDir, name, "handler.ts"), handler);
  }
  return functionsDir;
}

describe("bundling", () => {
  it("names the functions that have no handler", async () => {
    const functionsDir = await stubFunctions(functionNames.filter((name) => name !== "sweep-due"));
    await expect(bundleFunctions({ functionsDir, outdir: temporaryDirectory() })).rejects.toMatchObject({
      name: "FunctionMissing",
      message: expect.stringMatching(/^no handler\.ts in \S+sweep-due$/),
    });
  });

  it("gives the same bytes for the same sources", async () => {
    const functionsDir = await stubFunctions();
    const [first, second] = [temporaryDirectory(), temporaryDirectory()];
    await bundleFunctions({ functionsDir, outdir: first });
    await bundleFunctions({ functionsDir, outdir: second });
    for (const name of functionNames) {
      expect(readFileSync(join(first, name, "index.cjs"))).toEqual(readFileSync(join(second, name, "index.cjs")));
    }
  });

  it("keeps the names that errors are matched by", async () => {
    const outdir = temporaryDirectory();
    const { bundles } = await bundleFunctions({ functionsDir: await stubFunctions(), outdir });
    const { handler: bundled } = await import(join(bundles["release-due"], "index.cjs"));
    expect(await bundled()).toBe("HoldAlreadyReleased");
  });
});

describe("the functions' bundles", () => {
  const outdir = mkdtempSync(join(tmpdir(), "payouts-infra-"));
  let built: Awaited<ReturnType<typeof bundleFunctions>>;
  beforeAll(async () => {
    built = await bundleFunctions({ outdir });
  });
  afterAll(() => rmSync(outdir, { recursive: true }));

  const inputsOf = (name: string) => {
    const output = Object.entries(built.metafile.outputs).find(([path]) => path.endsWith(`${name}/index.cjs`));
    return Object.entries(output?.[1].inputs ?? {}).flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [path] : [],
    );
  };

  it("contain Stripe only where it is called", () => {
    const withStripe = functionNames.filter((name) =>
      inputsOf(name).some((path) => path.includes("node_modules/stripe/")),
    );
    expect(withStripe).toEqual(["attempt-transfer", "reverse-transfer", "apply-provider-event"]);
  });

  it("leave nothing to be found at run time but Node's own modules", () => {
    const external = Object.values(built.metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
    expect(external).toContain("node:crypto");
    expect(external.filter((path) => !isBuiltin(path))).toEqual([]);
  });
});
