// packages: langchain@1.5.14 @langchain/core@1.4.0 @langchain/openai@1.6.0 @langchain/langgraph@1.7.3 @traceloop/node-server-sdk@0.27.0 zod
import * as CallbackManagerModule from "@langchain/core/callbacks/manager";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import * as traceloop from "@traceloop/node-server-sdk";
import { createAgent } from "langchain";
import { z } from "zod";

traceloop.initialize({
  appName: "traceloop-js-shop",
  baseUrl: process.env.LOOPBACK,
  apiKey: "nothing",
  disableBatch: false,
  silenceInitializationMessage: true,
  instrumentModules: { langchain: { callbackManagerModule: CallbackManagerModule } },
});

const getWeather = tool(({ city }) => ({ city, temperature_c: 21 }), {
  name: "get_weather",
  description: "The weather in a city.",
  schema: z.object({ city: z.string() }),
});
const findOrder = tool(({ order_id }) => ({ success: false, error: `Order ${order_id} not found` }), {
  name: "find_order",
  description: "An order.",
  schema: z.object({ order_id: z.string() }),
});
const explode = tool(
  () => {
    throw new Error("the kiln is cold");
  },
  { name: "explode", description: "Raises.", schema: z.object({ reason: z.string() }) },
);

const agent = createAgent({
  model: new ChatOpenAI({ model: "gpt-4o-mini", configuration: { baseURL: process.env.OPENAI_BASE_URL } }),
  tools: [getWeather, findOrder, explode],
  name: "weather_agent",
});
await traceloop.withAssociationProperties({ session_id: "session-7" }, async () => {
  try {
    await agent.invoke({ messages: [{ role: "user", content: "How is the weather?" }] });
  } catch (error) {
    console.error(error.message);
  }
});
await traceloop.forceFlush();
process.exit(0);
