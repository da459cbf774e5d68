// packages: langchain@1.5.14 @langchain/core@1.4.0 @langchain/openai@1.6.0 @langchain/langgraph@1.7.3 @arizeai/openinference-instrumentation-langchain@4.1.1 zod @opentelemetry/sdk-trace-node @opentelemetry/exporter-trace-otlp-http
import * as CallbackManagerModule from "@langchain/core/callbacks/manager";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { LangChainInstrumentation } from "@arizeai/openinference-instrumentation-langchain";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { createAgent } from "langchain";
import { z } from "zod";

const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ "service.name": "langchain-js-shop" }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();
new LangChainInstrumentation().manuallyInstrument(CallbackManagerModule);

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
try {
  await agent.invoke(
    { messages: [{ role: "user", content: "How is the weather?" }] },
    { configurable: { thread_id: "session-7" }, metadata: { session_id: "session-7" } },
  );
} catch (error) {
  console.error(error.message);
}
await provider.shutdown();
