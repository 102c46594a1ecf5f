import { Logger } from "@aws-lambda-powertools/logger";

/** One structured logger per function; its service name is the function's. */
export const logger = new Logger({ serviceName: "payouts" });
