import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import { CfnSecret, Secret } from "aws-cdk-lib/aws-secretsmanager";
import { RemovalPolicy, Validations } from "aws-cdk-lib/core";
import { Construct } from "constructs";

/**
 * A secret that a person sets after the first deployment. It is created without any value, so that a function that
 * comes first fails with ResourceNotFoundException instead of signing with a placeholder.
 */
export class ProviderSecret extends Construct {
  readonly secret: ISecret;

  constructor(scope: Construct, id: string, { name, description }: { name: string; description: string }) {
    super(scope, id);
    // The L2 construct always generates a value.
    const resource = new CfnSecret(this, "Resource", { name, description });
    resource.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    Validations.of(resource).acknowledge({
      id: "AwsSolutions-SMG4",
      reason:
        "Stripe has no API that replaces a key; the runbook rotates it, and webhooks accept the previous secret meanwhile.",
    });
    this.secret = Secret.fromSecretCompleteArn(this, "Secret", resource.ref);
  }
}
