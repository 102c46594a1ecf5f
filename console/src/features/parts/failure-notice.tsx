import { Alert, Code, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";

interface FailureNoticeProps {
  readonly code: string | null;
  readonly reason: string | null;
}

/** Why a schedule failed, in the provider's words. */
export function FailureNotice({ code, reason }: FailureNoticeProps) {
  return (
    <Alert color="red" icon={<IconAlertTriangle size={18} stroke={1.6} />} title="It failed: the money has not moved">
      <Text size="sm">{reason ?? "The provider gave no reason."}</Text>
      {code !== null && (
        <Text size="xs" mt={4}>
          <Code>{code}</Code>
        </Text>
      )}
    </Alert>
  );
}
