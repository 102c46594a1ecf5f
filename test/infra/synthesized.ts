import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Validations } from "aws-cdk-lib/core";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { onTestFinished } from "vitest";
import { bundlesIn, functionNames } from "../../infra/bundle.ts";
import { resolveConfig, type Stage, type StageOverrides } from "../../infra/config.ts";
import { addPayouts, createApp } from "../../infra/payouts-app.ts";

type Properties = Record<string, unknown>;

export interface Resource {
  readonly Type: string;
  readonly Properties: Properties;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

interface Template {
  readonly Resources: Record<string, Resource>;
  readonly Outputs?: Record<string, { Value: unknown; Export?: { Name: string } }>;
}

const deployable: StageOverrides = {
  jwtIssuer: "https://issuer.example.com",
  jwtAudience: "payouts",
  operatorOrganization: "acme",
  alarmEmail: "finance@example.com",
  publisherAccounts: "111111111111,222222222222",
};

interface SynthesisOptions {
  readonly stage?: Stage;
  readonly overrides?: StageOverrides;
  /** Also runs cdk-nag and the template validator, which take most of the time. */
  readonly checked?: boolean;
}

/** Synthesizes a stage with functions and a console that do nothing: what they contain is no concern of the templates. */
export function synthesize({ stage = "prod", overrides = {}, checked = false }: SynthesisOptions = {}): Deployment {
  const directory = mkdtempSync(join(tmpdir(), "payouts-infra-"));
  try {
    for (const name of functionNames) {
      mkdirSync(join(directory, "functions", name), { recursive: true });
      writeFileSync(join(directory, "functions", name, "index.cjs"), "exports.handler = async () => {};\n");
    }
    const consoleApp = join(directory, "console");
    mkdirSync(join(consoleApp, "assets"), { recursive: true });
    for (const name of ["index.html", "icon.svg", ".inputs.json", "assets/app-1a2b.js", "assets/app-1a2b.js.br"]) {
      writeFileSync(join(consoleApp, name), name);
    }
    const outdir = join(directory, "assembly");
    const app = createApp({ outdir, analyticsReporting: false, builtinCloudFormationValidation: checked });
    const config = resolveConfig(stage, { ...deployable, ...overrides });
    const { stacks } = addPayouts(app, { config, bundles: bundlesIn(join(directory, "functions")), consoleApp });
    if (checked) Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
    app.synth();
    const read = (file: string) => JSON.parse(readFileSync(join(outdir, file), "utf8"));
    return new Deployment({
      templates: stacks.map((stack) => read(stack.templateFile)),
      assets: readAssets(outdir),
      violations: checked ? read("validation-report.json").pluginReports : [],
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The files of each asset that is a folder, by their paths in it. */
function readAssets(outdir: string): Record<string, string>[] {
  return readdirSync(outdir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith("asset."))
    .map(({ name }) => join(outdir, name))
    .map((folder) =>
      Object.fromEntries(filesIn(folder).map((file) => [file, readFileSync(join(folder, file), "utf8")])),
    );
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "payouts-infra-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

interface Synthesis {
  readonly templates: Template[];
  readonly assets: Record<string, string>[];
  readonly violations: unknown[];
}

/** All templates as one, with references written as `Type:name.Attribute`. */
export class Deployment {
  readonly violations: readonly unknown[];
  readonly assets: readonly Readonly<Record<string, string>>[];
  readonly text: string;
  private readonly resources: Map<string, Resource>;
  private readonly exports: Map<string, unknown>;

  constructor({ templates, assets, violations }: Synthesis) {
    this.violations = violations;
    this.assets = assets;
    this.text = JSON.stringify(templates);
    this.resources = new Map(templates.flatMap((template) => Object.entries(template.Resources)));
    this.exports = new Map(
      templates.flatMap((template) =>
        Object.values(template.Outputs ?? {}).flatMap(({ Value, Export }) =>
          Export === undefined ? [] : [[Export.Name, Value] as const],
        ),
      ),
    );
  }

  /** Resources of a type, `Lambda::Function` or the whole name of a custom one, with their references made readable. */
  all(type: string): Resource[] {
    return [...this.resources.values()]
      .filter((resource) => resource.Type === `AWS::${type}` || resource.Type === type)
      .map((resource) => ({ ...resource, Properties: this.readable(resource.Properties) as Properties }));
  }

  /** The one resource of a type that has this property. */
  one(type: string, property: string, value: unknown): Resource {
    const [found, ...others] = this.all(type).filter(({ Properties }) => Properties[property] === value);
    if (found === undefined || others.length > 0)
      throw new Error(`${type} with ${property} ${value}: ${others.length}`);
    return found;
  }

  /** What a role may do, as sorted `action on resource`; X-Ray and its own logs are every function's and left out. */
  grantsOf(roleReference: unknown): string[] {
    return this.statementsOf(roleReference)
      .flatMap(({ Action, Resource }) =>
        listed(Action).flatMap((action) => listed(Resource).map((resource) => `${action} on ${resource}`)),
      )
      .filter((grant) => !/^(xray|logs):/.test(grant))
      .sort();
  }

  statementsOf(roleReference: unknown): { Action: unknown; Resource: unknown; Condition?: unknown }[] {
    return this.all("IAM::Policy")
      .filter(({ Properties }) => listed(Properties.Roles).some((role) => roleReference === `${role}.Arn`))
      .flatMap(({ Properties }) => (Properties.PolicyDocument as { Statement: [] }).Statement);
  }

  private readable(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.readable(item));
    if (typeof value !== "object" || value === null) return value;
    const [[key, argument] = ["", undefined], ...others] = Object.entries(value);
    if (others.length === 0) {
      if (key === "Ref") return this.label(String(argument));
      if (key === "Fn::GetAtt") return `${this.label(String(argument[0]))}.${argument[1]}`;
      if (key === "Fn::ImportValue") return this.readable(this.exports.get(argument));
      if (key === "Fn::Join") return argument[1].map((part: unknown) => this.readable(part)).join(argument[0]);
    }
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.readable(item)]));
  }

  private label(logicalId: string): string {
    const resource = this.resources.get(logicalId);
    if (resource === undefined) return `<${logicalId}>`;
    const type = resource.Type.split("::").at(-1);
    const named = ["Name", `${type}Name`].map((property) => resource.Properties[property]);
    return `${type}:${named.find((name) => typeof name === "string") ?? logicalId}`;
  }
}

export const listed = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];
