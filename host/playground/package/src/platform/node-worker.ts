/** The worker's first file in Node. */

import { parentPort, workerData } from "node:worker_threads";
import { type Task, perform } from "../worker.js";

perform(workerData as Task, (message) => parentPort!.postMessage(message));
