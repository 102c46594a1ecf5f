import { Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { Instant } from "../../display/instants.tsx";
import { LoadingLines } from "../../display/states.tsx";
import { titled } from "../../display/status-badge.tsx";
import { useApi, useMay } from "../../session/console-context.tsx";
import classes from "./parts.module.css";

const SHOWN = 5;

interface RecordHistoryProps {
  readonly entityType: "payout_schedule" | "escrow_hold" | "transfer";
  readonly id: string;
}

/** The latest lines of the audit log about one record: what happened, who did it and why. */
export function RecordHistory({ entityType, id }: RecordHistoryProps) {
  const api = useApi();
  const may = useMay("audit.view");
  const query = { entity_type: entityType, entity_id: id, limit: SHOWN };
  const { data } = useLive({
    queryKey: ["audit-log", "latest", id],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/payout-audit-log", { params: { query }, signal })),
    enabled: may,
  });
  if (!may) return null;
  return (
    <section>
      <Title order={3} fz="sm" mb={4}>
        History
      </Title>
      {data === undefined ? (
        <LoadingLines lines={2} />
      ) : (
        <ol className={classes.history}>
          {data.data.map(({ id: line, action, changed_by: by, reason, created_at: at }) => (
            <li key={line}>
              <div className={classes.line}>
                <span>{titled(action.split(".").at(-1) ?? action)}</span>
                <span className={classes.aside}>
                  <Instant at={at} />
                </span>
              </div>
              <div className={classes.aside}>
                by {by}
                {reason !== null && `: ${reason}`}
              </div>
            </li>
          ))}
        </ol>
      )}
      {data?.data.length === 0 && (
        <Text size="sm" c="dimmed">
          Its first line arrives in a moment.
        </Text>
      )}
      <Text size="sm" mt={4}>
        <Link to="/audit-log" search={{ entity_type: entityType, entity_id: id }}>
          All of it in the audit log
        </Link>
      </Text>
    </section>
  );
}
