-- What is staged stands in temporary tables now (staging.sql).
DROP TABLE staged_worker;
DROP TABLE staged_account;
DROP TABLE staged_entitlement;
DROP TABLE staged_grant;
