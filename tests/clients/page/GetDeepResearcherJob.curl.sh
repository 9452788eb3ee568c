curl -H "Authorization: Bearer your-api-key" \
  -H "Content-Type: application/json" \
  -d '{
    "job_id": "your-job-id"
  }' \
  https://constellation.api.cloud.macrocosmos.ai\
/apex.v1.ApexService/GetDeepResearcherJob
