import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";

const metrics = new Metrics({ namespace: "Payouts", serviceName: "payouts" });

/** The figures that alarms and the dashboard read. */
export type MetricName =
  | "SweepHealed"
  | "OutOfBandChange"
  | "CircuitOpened"
  | "OutcomeUnknown"
  | "FailedTerminal"
  | "LatenessSeconds"
  | "RejectedEvent";

/** Emits one value at once (embedded metric format on standard output): nothing is lost when the function dies later. */
export function recordMetric(name: MetricName, value = 1): void {
  const unit = name === "LatenessSeconds" ? MetricUnit.Seconds : MetricUnit.Count;
  metrics.singleMetric().addMetric(name, unit, value);
}
