import { Text } from "@mantine/core";
import type * as z from "zod";
import { monitoringOperations } from "../../../../shared/api/contract/monitoring.ts";
import { BulkDialog } from "../../action/bulk-dialog.tsx";
import { answerOf } from "../../api/api-problem.ts";
import { useApi } from "../../session/console-context.tsx";
import { MOST_AT_ONCE } from "./dead-letter-drawer.tsx";
import type { Monitoring } from "./monitoring-page.tsx";

interface RedriveDialogProps {
  readonly queue: Monitoring["queues"][number];
  /** About how many are in the queue. */
  readonly messages: number;
  /** Absent: as they come. */
  readonly ids?: readonly string[];
  readonly onClose: () => void;
}

/** Puts events back on the bus. Whatever they do again they do once: consumers decide by the record that they find. */
export function RedriveDialog({ queue: { name, remedy }, messages, ids, onClose }: RedriveDialogProps) {
  const api = useApi();
  const count = ids?.length ?? Math.min(messages, MOST_AT_ONCE);
  const what = count === 1 ? "1 message" : `${count} messages`;
  return (
    <BulkDialog<Record<string, never>, z.output<typeof monitoringOperations.redriveDeadLetters.body>>
      title={`Redrive ${name}`}
      consequence={
        <>
          <Text size="sm">
            {ids === undefined && messages > MOST_AT_ONCE
              ? `The first ${MOST_AT_ONCE} of about ${messages} messages`
              : what}{" "}
            of <b>{name}</b> {count === 1 ? "goes" : "go"} back on the bus and {count === 1 ? "is" : "are"} handled
            again. One leaves the queue only after the bus has taken it. Money that was sent already isn’t sent twice:
            everything decides by the record that it finds.
          </Text>
          <Text size="sm" mt="xs">
            {remedy}.
          </Text>
        </>
      }
      schema={monitoringOperations.redriveDeadLetters.body}
      initialValues={{}}
      toBody={() => ({ queue: name, ...(ids === undefined ? {} : { ids }) })}
      confirm={`Redrive ${count < messages || ids !== undefined ? what : "all"}`}
      run={(body, key) =>
        answerOf(
          api.POST("/v2/monitoring/dead-letters/redrive", { params: { header: { "Idempotency-Key": key } }, body }),
        )
      }
      succeeded={(done) => (done === 1 ? "1 message is back on the bus" : `${done} messages are back on the bus`)}
      onClose={onClose}
    />
  );
}
