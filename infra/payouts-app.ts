import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { App, type AppProps, type Stack, Tags } from "aws-cdk-lib/core";
import type { Bundles } from "./bundle.ts";
import { resourceName, type StageConfig } from "./config.ts";
import { ConsoleReleaseStack } from "./stacks/console-release-stack.ts";
import { ConsoleStack } from "./stacks/console-stack.ts";
import { StatefulStack } from "./stacks/stateful-stack.ts";
import { StatelessStack } from "./stacks/stateless-stack.ts";

/** An app with the feature flags of cdk.json, whether or not the CDK CLI started it. */
export function createApp(props: AppProps = {}): App {
  const { context } = JSON.parse(readFileSync(resolve(import.meta.dirname, "..", "cdk.json"), "utf8"));
  return new App({ ...props, context });
}

export interface PayoutsProps {
  readonly config: StageConfig;
  readonly bundles: Bundles;
  /** Folder of the built console, for a stage that hosts one. */
  readonly consoleApp?: string | undefined;
}

class ConsoleMissing extends Error {
  override readonly name = "ConsoleMissing";
}

/** True where the stage has a console of its own: the local cloud serves it by itself. */
export function hostsConsole({ stage, consoleClientId }: StageConfig): boolean {
  return stage !== "local" && consoleClientId !== undefined;
}

/**
 * Adds the stacks of a deployment. The console stands on both sides of the API: its address is an origin that the API
 * allows, and the API's address is part of what the console is released with.
 */
export function addPayouts(app: App, { config, bundles, consoleApp }: PayoutsProps): { readonly stacks: Stack[] } {
  const env = {
    ...(config.account === undefined ? {} : { account: config.account }),
    ...(config.region === undefined ? {} : { region: config.region }),
  };
  const title = `Payouts ${config.stage}`;
  const name = (part: string) => resourceName(config, part);
  const stateful = new StatefulStack(app, name("stateful"), {
    config,
    env,
    description: `${title}: records, audit log, secrets and bus`,
    terminationProtection: config.deletionProtection,
  });
  const hosting = hostsConsole(config)
    ? new ConsoleStack(app, name("console"), { config, env, description: `${title}: where the admin console lives` })
    : undefined;
  const stateless = new StatelessStack(app, name("stateless"), {
    config: hosting === undefined ? config : allowing(config, hosting.hosting.origin),
    env,
    description: `${title}: functions, rules, workflow, API and alarms`,
    state: stateful.state,
    bundles,
  });
  const release = hosting && addRelease(hosting);
  const stacks = [stateful, stateless, hosting, release].filter((stack) => stack !== undefined);
  for (const stack of stacks) {
    Tags.of(stack).add("application", "payouts");
    Tags.of(stack).add("stage", config.stage);
  }
  return { stacks };

  function addRelease({ hosting }: ConsoleStack): ConsoleReleaseStack {
    const { consoleClientId } = config;
    if (consoleApp === undefined || consoleClientId === undefined) {
      throw new ConsoleMissing(`stage ${config.stage} hosts the console, which has not been built`);
    }
    return new ConsoleReleaseStack(app, name("console-release"), {
      config,
      env,
      description: `${title}: files of the admin console`,
      clientId: consoleClientId,
      hosting,
      apiUrl: stateless.apiUrl,
      app: consoleApp,
    });
  }
}

function allowing(config: StageConfig, origin: string): StageConfig {
  return { ...config, consoleOrigins: [...config.consoleOrigins, origin] };
}
