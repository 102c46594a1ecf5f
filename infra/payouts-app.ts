import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { App, type AppProps, Tags } from "aws-cdk-lib/core";
import type { Bundles } from "./bundle.ts";
import type { StageConfig } from "./config.ts";
import { StatefulStack } from "./stacks/stateful-stack.ts";
import { StatelessStack } from "./stacks/stateless-stack.ts";

/** An app with the feature flags of cdk.json, whether or not the CDK CLI started it. */
export function createApp(props: AppProps = {}): App {
  const { context } = JSON.parse(readFileSync(resolve(import.meta.dirname, "..", "cdk.json"), "utf8"));
  return new App({ ...props, context });
}

/** Adds the two stacks of a deployment. */
export function addPayouts(app: App, { config, bundles }: { config: StageConfig; bundles: Bundles }) {
  const env = {
    ...(config.account === undefined ? {} : { account: config.account }),
    ...(config.region === undefined ? {} : { region: config.region }),
  };
  const title = `Payouts ${config.stage}`;
  const stateful = new StatefulStack(app, `payouts-${config.stage}-stateful`, {
    config,
    env,
    description: `${title}: records, audit log, secrets and bus`,
    terminationProtection: config.deletionProtection,
  });
  const stateless = new StatelessStack(app, `payouts-${config.stage}-stateless`, {
    config,
    env,
    description: `${title}: functions, rules, workflow, API and alarms`,
    state: stateful.state,
    bundles,
  });
  for (const stack of [stateful, stateless]) {
    Tags.of(stack).add("application", "payouts");
    Tags.of(stack).add("stage", config.stage);
  }
  return { stateful, stateless };
}
