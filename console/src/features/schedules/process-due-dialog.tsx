import { Button, Group, List, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { scheduleOperations } from "../../../../shared/api/contract/schedules.ts";
import { ActionDialog } from "../../action/action-dialog.tsx";
import { answerOf } from "../../api/api-problem.ts";
import type { ApiClient } from "../../api/console-api.ts";
import { Id } from "../../display/ids.tsx";
import { formatSums } from "../../display/money.tsx";
import { useApi } from "../../session/console-context.tsx";
import { blockerWords } from "../parts/blocker-words.ts";
import { countOf, type Due, formatDue } from "../parts/due-state.ts";

const processDue = (api: ApiClient, key: string) =>
  answerOf(api.POST("/v2/payout-schedules/process-due", { params: { header: { "Idempotency-Key": key } }, body: {} }));
type Processed = Awaited<ReturnType<typeof processDue>>;

interface ProcessDueDialogProps {
  readonly due: Due;
  readonly onClose: () => void;
}

/** A call takes a hundred on; where more are due, it is asked again, under a new key. */
export function ProcessDueDialog({ due, onClose }: ProcessDueDialogProps) {
  const api = useApi();
  const [opened] = useState(due);
  const [round, setRound] = useState(1);
  const [answer, setAnswer] = useState<Processed>();
  if (answer !== undefined) {
    const again = () => {
      setRound(round + 1);
      setAnswer(undefined);
    };
    return <Outcome answer={answer} onMore={again} onClose={onClose} />;
  }
  const count = formatDue(opened);
  return (
    <ActionDialog
      key={round}
      title="Process what is due"
      consequence={
        <>
          {round === 1
            ? `${count} ${opened.count === 1 ? "schedule is" : "schedules are"} due.`
            : "More schedules are due."}{" "}
          Up to 100 of them are paid now, the longest due first; the sweep would do it within five minutes. What has
          something in the way stays due. Money that is sent can’t be called back from here.
        </>
      }
      schema={scheduleOperations.processDuePayoutSchedules.body}
      initialValues={{}}
      toBody={() => ({})}
      confirm="Pay what is due"
      run={(_body, key) => processDue(api, key)}
      done={(result) => sentence(result)}
      onClose={onClose}
      onDone={setAnswer}
    />
  );
}

function Outcome({ answer, onMore, onClose }: { answer: Processed; onMore: () => void; onClose: () => void }) {
  const done = answer.results.flatMap((result) => (result.ok ? [result.result] : []));
  const refused = answer.results.flatMap((result) => (result.ok ? [] : [result]));
  const sent = done.filter(({ sending }) => sending.outcome === "sent");
  const reasons = new Map<string, number>();
  for (const { data, sending } of done) {
    if (sending.outcome !== "blocked") continue;
    const reason = data.blocker === null ? "something is in the way" : blockerWords(data.blocker.code);
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return (
    <Modal opened onClose={onClose} title="Process what is due">
      <Stack>
        <Text size="sm">{sentence(answer)}</Text>
        {sent.length > 0 && (
          <Text size="sm">
            <b>{formatSums(sent.map(({ data }) => ({ amountMinor: data.amount, currency: data.currency })))}</b> is on
            its way.
          </Text>
        )}
        {reasons.size > 0 && (
          <>
            <Text size="sm">These stay due, and go out by themselves once nothing is in the way:</Text>
            <List size="sm">
              {[...reasons].map(([reason, count]) => (
                <List.Item key={reason}>
                  {count}: {reason}
                </List.Item>
              ))}
            </List>
          </>
        )}
        {refused.length > 0 && (
          <List size="sm">
            {refused.map(({ id, problem }) => (
              <List.Item key={id}>
                <Id id={id} />: {problem.detail} {problem.advice}
              </List.Item>
            ))}
          </List>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
          {answer.more && <Button onClick={onMore}>Process more</Button>}
        </Group>
      </Stack>
    </Modal>
  );
}

/** `12 schedules sent, 1 set off, 3 still due`. */
function sentence({ results }: Processed): string {
  if (results.length === 0) return "Nothing was sent: what is due waits for something, and is looked at again later.";
  const counts = { sent: 0, set_off: 0, blocked: 0, refused: 0 };
  for (const result of results) counts[result.ok ? result.result.sending.outcome : "refused"] += 1;
  const parts = [
    `${countOf(counts.sent, "schedule")} sent`,
    ...(counts.set_off > 0 ? [`${counts.set_off} set off against what payees owe`] : []),
    ...(counts.blocked > 0 ? [`${counts.blocked} still due`] : []),
    ...(counts.refused > 0 ? [`${counts.refused} refused`] : []),
  ];
  return `${parts.join(", ")}.`;
}
