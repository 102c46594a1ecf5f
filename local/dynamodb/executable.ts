import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";

/** The `dynoxide` program: the package for this platform, or the first one on PATH. */
export function findDynoxide(): string {
  const packaged = findPackaged();
  if (packaged !== undefined) return packaged;
  for (const directory of (process.env.PATH ?? "").split(delimiter)) {
    const candidate = join(directory, "dynoxide");
    if (directory !== "" && existsSync(candidate)) return candidate;
  }
  throw new Error(
    `there is no @dynoxide/${process.platform}-${process.arch} package: put a "dynoxide" on PATH, or set DYNAMODB_ENDPOINT to a running DynamoDB Local`,
  );
}

function findPackaged(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve(
      `@dynoxide/${process.platform}-${process.arch}/package.json`,
    );
    return join(dirname(manifest), "dynoxide");
  } catch {
    return undefined;
  }
}
