import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib/core";
import { afterAll } from "vitest";
import { type LoadTemplateOptions, loadTemplate } from "../../local/template/load-template.ts";
import type { TemplateModel } from "../../local/template/model.ts";

const directories: string[] = [];
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** A directory that is removed when the test file has ended. */
export function temporaryDirectory(prefix: string): string {
  const directory = mkdtempSync(join(tmpdir(), `${prefix}-`));
  directories.push(directory);
  return directory;
}

/** Synthesizes a small app into a directory of its own. */
export function synthesize(define: (app: App) => void): string {
  const app = new App({
    outdir: temporaryDirectory("assembly"),
    analyticsReporting: false,
    builtinCloudFormationValidation: false,
  });
  define(app);
  return app.synth().directory;
}

export function modelOf(define: (app: App) => void, options?: LoadTemplateOptions): TemplateModel {
  return loadTemplate(synthesize(define), options);
}

export function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error("the list is empty");
  return item;
}
