import { Dashboard, GraphWidget, type IMetric, Metric, type MetricOptions } from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import { resourceName } from "../config.ts";
import type { Platform } from "../platform.ts";
import { alarmPeriod } from "./alarm-topic.ts";
import type { TransferRetry } from "./transfer-retry.ts";

/** As shared/runtime/metrics.ts emits them: all functions report as one service. */
const reported = { namespace: "Payouts", dimensionsMap: { service: "payouts" } };

/** What the functions count themselves, and when that is news to a person. */
const countedAlarms = [
  {
    name: "OutOfBandChange",
    above: 0,
    description: "A record changed without a change stamp: not by this system's code.",
  },
  {
    name: "CircuitOpened",
    above: 0,
    description: "A provider refuses every call (key, permission): sending has stopped.",
  },
  { name: "FailedTerminal", above: 0, description: "A transfer failed for good and waits for a person." },
  {
    name: "OutcomeUnknown",
    above: 5,
    description: "Several transfers' outcomes are unknown: look at the provider's status.",
  },
  { name: "SweepHealed", above: 10, description: "The sweep did what the scheduler should have done." },
] as const;

/** The promise of the sweep: its interval of five minutes, and one minute. */
const latenessBoundSeconds = 360;

/** Alarms on the system's own counts, and the one dashboard. */
export class Monitoring extends Construct {
  constructor(scope: Construct, id: string, { platform, retry }: { platform: Platform; retry: TransferRetry }) {
    super(scope, id);
    const { alarms, config } = platform;
    const counted = (metricName: string, options: MetricOptions) =>
      new Metric({
        ...reported,
        metricName,
        period: alarmPeriod,
        ...options,
      });
    for (const { name, above, description } of countedAlarms) {
      alarms.watch(this, name, { metric: counted(name, { statistic: "Sum" }), above, description });
    }
    const lateness = counted("LatenessSeconds", { statistic: "Maximum" });
    alarms.watch(this, "Late", {
      metric: lateness,
      above: latenessBoundSeconds,
      description: `Something was released more than ${latenessBoundSeconds} s after its instant.`,
    });
    new Dashboard(this, "Dashboard", {
      dashboardName: resourceName(config),
      widgets: [
        [
          graph("Lateness, s", [counted("LatenessSeconds", { statistic: "p99" }), lateness]),
          graph(
            "Counted",
            countedAlarms.map(({ name }) => counted(name, { statistic: "Sum" })),
          ),
        ],
        [
          graph(
            "Failure queues",
            [...platform.failureQueues.values()].map((queue) => queue.metricApproximateNumberOfMessagesVisible()),
          ),
          graph(
            "Function errors",
            platform.functions.map(({ lambda }) => lambda.metricErrors()),
          ),
        ],
        [
          graph(
            "Function duration, p99",
            platform.functions.map(({ lambda }) => lambda.metricDuration({ statistic: "p99" })),
          ),
          graph(
            "Function throttles",
            platform.functions.map(({ lambda }) => lambda.metricThrottles()),
          ),
        ],
        [
          graph("Retry workflow", [
            retry.stateMachine.metricStarted(),
            retry.stateMachine.metricFailed(),
            retry.stateMachine.metricTimedOut(),
          ]),
          graph(
            "Stream lag",
            platform.functions
              .filter(({ name }) => name === "write-audit" || name === "relay-changes")
              .map(({ lambda }) => lambda.metric("IteratorAge", { statistic: "Maximum" })),
          ),
        ],
      ],
    });
  }
}

const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: 12 });
