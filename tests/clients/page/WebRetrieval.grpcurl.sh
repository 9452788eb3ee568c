grpcurl -H "Authorization: Bearer your-api-key" \
  -d '{
    "search_query": "What is Bittensor?",
    "n_miners": 3,
    "max_results_per_miner": 2,
    "max_response_time": 30
  }' \
  constellation.api.cloud.macrocosmos.ai:443 \
  apex.v1.ApexService/WebRetrieval
