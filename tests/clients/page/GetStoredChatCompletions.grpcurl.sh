grpcurl -H "Authorization: Bearer your-api-key" \
  -d '{"chat_id": "a-unique-chat-id"}' \
  constellation.api.cloud.macrocosmos.ai:443 \
  apex.v1.ApexService/GetStoredChatCompletions
