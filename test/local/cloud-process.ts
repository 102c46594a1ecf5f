/** A host in a process of its own, for a test to kill: data directory and assembly are its arguments. */
import { startLocalCloud } from "../../local/cloud.ts";

const [dataDir = "", directory = ""] = process.argv.slice(2);
const assembly = async () => ({ directory, secretValues: {} });
const cloud = await startLocalCloud({ dataDir, ports: { aws: 0 }, assembly });
console.log(JSON.stringify(cloud.endpoints));
