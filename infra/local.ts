import { bundleFunctions } from "./bundle.ts";
import { resolveConfig, type StageOverrides } from "./config.ts";
import { addPayouts, createApp } from "./payouts-app.ts";
import { secretNames } from "./stacks/stateful-stack.ts";

export interface LocalAssembly {
  /** The cloud assembly: manifest, both templates, one asset folder per function. */
  readonly directory: string;
  /** Values that a person would set in a real stage, by the secret's name; no template holds any. */
  readonly secretValues: Readonly<Record<string, string>>;
}

/** Bundles the functions and synthesizes the stage `local` into `outdir`. */
export async function synthLocal(outdir: string, overrides: StageOverrides = {}): Promise<LocalAssembly> {
  const config = resolveConfig("local", overrides);
  const { bundles } = await bundleFunctions();
  // Template validation belongs to the deployable stages; here it would be most of the start-up time.
  const app = createApp({ outdir, analyticsReporting: false, builtinCloudFormationValidation: false });
  addPayouts(app, { config, bundles });
  const { directory } = app.synth();
  const names = secretNames(config);
  return {
    directory,
    secretValues: {
      [names.stripeApiKey]: JSON.stringify({ apiKey: "sk_test_simulated" }),
      [names.stripeWebhookSecret]: JSON.stringify({ signingSecret: "whsec_local" }),
    },
  };
}
