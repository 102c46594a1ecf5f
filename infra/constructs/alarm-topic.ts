import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Duration, RemovalPolicy, Stack, Validations } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { resourceName, type StageConfig } from "../config.ts";

export interface AlarmOptions {
  readonly metric: IMetric;
  /** Alarms when the metric is above this. */
  readonly above: number;
  readonly description: string;
  readonly periods?: number;
}

/** The one topic that every alarm goes to. */
export class AlarmTopic extends Construct {
  readonly topic: Topic;
  private readonly action: SnsAction;

  constructor(scope: Construct, id: string, config: StageConfig) {
    super(scope, id);
    const cloudWatch = new ServicePrincipal("cloudwatch.amazonaws.com");
    const fromThisAccount = { StringEquals: { "aws:SourceAccount": Stack.of(this).account } };
    // The AWS managed key of SNS doesn't let CloudWatch publish, so the topic has its own.
    const key = new Key(this, "Key", {
      description: `Alarms of ${resourceName(config)}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: "AlarmsUseTheKey",
        principals: [cloudWatch],
        actions: ["kms:Decrypt", "kms:GenerateDataKey"],
        resources: ["*"],
        conditions: fromThisAccount,
      }),
    );
    this.topic = new Topic(this, "Topic", {
      topicName: resourceName(config, "alarms"),
      masterKey: key,
      enforceSSL: true,
    });
    // A topic policy of one's own replaces the default one, which let the account's alarms publish.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: "AlarmsPublish",
        principals: [cloudWatch],
        actions: ["sns:Publish"],
        resources: [this.topic.topicArn],
        conditions: fromThisAccount,
      }),
    );
    if (config.alarmEmail !== undefined) {
      const subscription = this.topic.addSubscription(new EmailSubscription(config.alarmEmail));
      Validations.of(subscription).acknowledge({
        id: "Serverless-SNSRedrivePolicy",
        reason: "An alarm whose mail is lost still stands in CloudWatch and on the dashboard until its cause is gone.",
      });
    }
    this.action = new SnsAction(this.topic);
  }

  /** An alarm on `metric`, notified when it starts and when it ends. */
  watch(scope: Construct, id: string, { metric, above, description, periods = 1 }: AlarmOptions): Alarm {
    const alarm = new Alarm(scope, id, {
      metric,
      threshold: above,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: periods,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: description,
    });
    alarm.addAlarmAction(this.action);
    alarm.addOkAction(this.action);
    return alarm;
  }
}

/** Short enough to be told within minutes, long enough for metrics that arrive late. */
export const alarmPeriod = Duration.minutes(5);
