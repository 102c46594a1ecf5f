import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

const manifestSchema = z.object({
  artifacts: z
    .record(
      z.string(),
      z.object({
        type: z.string(),
        environment: z.string().optional(),
        properties: z.record(z.string(), z.unknown()).optional(),
      }),
    )
    .optional(),
});

const assetsSchema = z.object({
  files: z
    .record(
      z.string(),
      z.object({
        source: z.object({ path: z.string().optional() }),
        destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
      }),
    )
    .optional(),
});

const resourceSchema = z.strictObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.json()).optional(),
  Condition: z.string().optional(),
  DependsOn: z.unknown().optional(),
  Metadata: z.unknown().optional(),
  DeletionPolicy: z.unknown().optional(),
  UpdateReplacePolicy: z.unknown().optional(),
});

const templateSchema = z.strictObject({
  AWSTemplateFormatVersion: z.string().optional(),
  Description: z.string().optional(),
  Metadata: z.unknown().optional(),
  /** Assertions on parameters at deployment (the bootstrap version); nothing is deployed here. */
  Rules: z.unknown().optional(),
  Parameters: z
    .record(z.string(), z.looseObject({ Type: z.string(), Default: z.union([z.string(), z.number()]).optional() }))
    .optional(),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.json()))).optional(),
  Conditions: z.record(z.string(), z.json()).optional(),
  Resources: z.record(z.string(), resourceSchema).optional(),
  Outputs: z
    .record(
      z.string(),
      z.looseObject({
        Value: z.json(),
        Export: z.object({ Name: z.json() }).optional(),
        Condition: z.string().optional(),
      }),
    )
    .optional(),
});

export type StackTemplate = z.infer<typeof templateSchema>;

export interface StackSource {
  readonly name: string;
  /** Undefined where the app leaves it open, which is the rule. */
  readonly account?: string;
  readonly region?: string;
  readonly template: StackTemplate;
}

export interface Assembly {
  readonly stacks: readonly StackSource[];
  /** Object key in the assets bucket → directory or file on disk. */
  readonly assets: ReadonlyMap<string, string>;
}

/** Reads all stacks of a synthesized cloud assembly, also those in stages. Throws with the place on anything unknown. */
export function readAssembly(directory: string): Assembly {
  const stacks: StackSource[] = [];
  const assets = new Map<string, string>();
  const manifest = manifestSchema.parse(readJson(join(directory, "manifest.json")));

  for (const [id, artifact] of Object.entries(manifest.artifacts ?? {})) {
    const properties = artifact.properties ?? {};
    if (artifact.type === "aws:cloudformation:stack") {
      const file = join(directory, String(properties.templateFile));
      stacks.push({
        name: typeof properties.stackName === "string" ? properties.stackName : id,
        ...parseEnvironment(artifact.environment),
        template: parseTemplate(id, readJson(file)),
      });
    } else if (artifact.type === "cdk:asset-manifest") {
      const file = assetsSchema.parse(readJson(join(directory, String(properties.file))));
      for (const asset of Object.values(file.files ?? {})) {
        if (asset.source.path === undefined) continue;
        for (const destination of Object.values(asset.destinations)) {
          assets.set(destination.objectKey, join(directory, asset.source.path));
        }
      }
    } else if (artifact.type === "cdk:cloud-assembly") {
      const nested = readAssembly(join(directory, String(properties.directoryName)));
      stacks.push(...nested.stacks);
      for (const [key, path] of nested.assets) assets.set(key, path);
    }
  }
  return { stacks, assets };
}

function parseTemplate(stack: string, value: unknown): StackTemplate {
  const parsed = templateSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(`the template of stack ${stack} isn't understood: ${z.prettifyError(parsed.error)}`);
}

function parseEnvironment(environment: string | undefined): { account?: string; region?: string } {
  const match = /^aws:\/\/([^/]+)\/(.+)$/.exec(environment ?? "");
  const [, account, region] = match ?? [];
  return {
    ...(account !== undefined && account !== "unknown-account" ? { account } : {}),
    ...(region !== undefined && region !== "unknown-region" ? { region } : {}),
  };
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}
