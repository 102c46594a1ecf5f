import { Alert, Code, Text } from "@mantine/core";
import { IconBarrierBlock } from "@tabler/icons-react";
import { Distance, Instant } from "../../display/instants.tsx";
import { type Blocker, blockerWords, detailSentence, fixerWords } from "./blocker-words.ts";

/** What is in the way of a part of a payout, since when, who can change it, and when the system looks again. */
export function BlockerNotice({ blocker }: { blocker: Blocker }) {
  const { code, detail, since, fixable_by: fixableBy, next_check_at: nextCheck } = blocker;
  const title = blockerWords(code);
  return (
    <Alert color="yellow" icon={<IconBarrierBlock size={18} stroke={1.6} />} title={`In the way: ${title}`}>
      {detail !== null && <Text size="sm">{detailSentence(detail)}</Text>}
      <Text size="sm">{fixerWords(fixableBy)} It goes out by itself once nothing is in the way.</Text>
      <Text size="xs" mt={4}>
        <Code>{code}</Code> since <Instant at={since} />
        {nextCheck !== null && (
          <>
            , looked at again <Distance at={nextCheck} />
          </>
        )}
      </Text>
    </Alert>
  );
}
