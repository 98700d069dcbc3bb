/** The worker's first file in browsers. */

import { type Task, perform } from "../worker.js";

self.onmessage = (event: MessageEvent<Task>) => perform(event.data, (message) => self.postMessage(message));
