/** What the figures were made with: a figure without its versions can't be compared. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { findDynoxide } from "../local/dynamodb/executable.ts";

export function versions(): Readonly<Record<string, string>> {
  return {
    node: process.version,
    cores: String(availableParallelism()),
    store: process.env.DYNAMODB_ENDPOINT ?? execFileSync(findDynoxide(), ["--version"]).toString().trim(),
    "@aws-sdk/client-dynamodb": versionOf("@aws-sdk/client-dynamodb"),
    stripe: versionOf("stripe"),
    esbuild: versionOf("esbuild"),
  };
}

function versionOf(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
