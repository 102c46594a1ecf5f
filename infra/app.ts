import { Validations } from "aws-cdk-lib/core";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { bundleFunctions } from "./bundle.ts";
import { readOverrides, resolveConfig } from "./config.ts";
import { addPayouts, createApp } from "./payouts-app.ts";

const app = createApp();
const context = (key: string) => app.node.tryGetContext(key);
const config = resolveConfig(context("stage") ?? "dev", readOverrides(context));
const { bundles } = await bundleFunctions();
addPayouts(app, { config, bundles });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
app.synth();
