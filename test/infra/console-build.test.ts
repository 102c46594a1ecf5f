import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { type ConsoleBuild, ConsoleNotBuilt, ensureConsoleBuilt, isConsoleBuilt } from "../../infra/console-build.ts";
import { temporaryDirectory } from "./synthesized.ts";

/** An app of one page and two modules, the second of which is not among its own files. */
function smallApp(): ConsoleBuild {
  const folder = temporaryDirectory();
  const source = join(folder, "app");
  mkdirSync(join(source, "src"), { recursive: true });
  writeFileSync(join(source, "index.html"), '<!doctype html><script type="module" src="/src/main.js"></script>');
  writeFileSync(join(source, "src", "main.js"), `import { words } from "./words.js"; console.log(words.join(" "));`);
  const words = Array.from({ length: 300 }, (_, index) => `word-${index}`);
  writeFileSync(join(source, "src", "words.js"), `export const words = ${JSON.stringify(words)};`);
  return { source, outdir: join(folder, "built") };
}

const recordOf = ({ outdir }: ConsoleBuild) => statSync(join(outdir, ".inputs.json")).mtimeMs;

it("names files by their content and compresses what is worth it", async () => {
  const { outdir } = await build();
  const [script = ""] = readdirSync(join(outdir, "assets")).filter((name) => /^index-[\w-]{8}\.js$/.test(name));
  const whole = readFileSync(join(outdir, "assets", script));
  expect(brotliDecompressSync(readFileSync(join(outdir, "assets", `${script}.br`)))).toEqual(whole);
  expect(gunzipSync(readFileSync(join(outdir, "assets", `${script}.gz`)))).toEqual(whole);
  expect(existsSync(join(outdir, "index.html.br"))).toBe(false);
});

async function build(): Promise<ConsoleBuild> {
  const app = smallApp();
  expect(isConsoleBuilt(app)).toBe(false);
  expect(await ensureConsoleBuilt(app)).toBe(app.outdir);
  return app;
}

it("is reused until a source changes or comes, and is then made anew", async () => {
  const app = await build();
  const first = recordOf(app);
  await ensureConsoleBuilt(app);
  expect(recordOf(app)).toBe(first);

  writeFileSync(join(app.source, "src", "new.js"), "");
  expect(isConsoleBuilt(app)).toBe(false);
  await ensureConsoleBuilt(app);
  expect(isConsoleBuilt(app)).toBe(true);

  writeFileSync(join(app.source, "src", "words.js"), 'export const words = ["other"];');
  await ensureConsoleBuilt(app);
  const [script = ""] = readdirSync(join(app.outdir, "assets"));
  expect(readFileSync(join(app.outdir, "assets", script), "utf8")).toContain("other");
});

it("that fails says where, and leaves the files of before", async () => {
  const app = await build();
  const before = recordOf(app);
  writeFileSync(join(app.source, "src", "words.js"), "export const words = [;");
  const failure = ensureConsoleBuilt(app);
  await expect(failure).rejects.toThrow(ConsoleNotBuilt);
  await expect(failure).rejects.toThrow("words.js");
  expect(recordOf(app)).toBe(before);
});
