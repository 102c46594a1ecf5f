import { Validations } from "aws-cdk-lib/core";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { bundleFunctions } from "./bundle.ts";
import { readOverrides, resolveConfig } from "./config.ts";
import { ensureConsoleBuilt } from "./console-build.ts";
import { addPayouts, createApp, hostsConsole } from "./payouts-app.ts";

const app = createApp();
const context = (key: string) => app.node.tryGetContext(key);
const config = resolveConfig(context("stage") ?? "dev", readOverrides(context));
const [{ bundles }, consoleApp] = await Promise.all([
  bundleFunctions(),
  hostsConsole(config) ? ensureConsoleBuilt() : undefined,
]);
addPayouts(app, { config, bundles, consoleApp });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
app.synth();
