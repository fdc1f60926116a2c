BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE audit (
	number BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	actor TEXT NOT NULL, 
	action TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	details TEXT NOT NULL, 
	seal BLOB NOT NULL, 
	CONSTRAINT pk_audit PRIMARY KEY (number)
);
INSERT INTO "audit" VALUES(1,1795509801,'root (command line)','vendor.founded','Inception Technologies','{"issuing":"47bfa448baec51dd","root":"e70f385558c39830"}',X'CE6C2E5D57158A88D18DB94EA0194E77CA635AAFB3A3D43B5448C0502C2922BB');
INSERT INTO "audit" VALUES(2,1795509801,'root (command line)','product.loaded','infinitime','{}',X'4E1666775808F4F777781D66212CA0B24763E154D87425FE6FD592907BF156E4');
INSERT INTO "audit" VALUES(3,1795509802,'root (command line)','order.entered','O-000001','{"license_number":"4W0ST-BHNSV-C2BGC-JRY8E","product":"infinitime"}',X'BB75C880ACED2F2ED30AFF6E6221A0F96088C45A13B6AC9CF81FA2F6440033A0');
INSERT INTO "audit" VALUES(4,1795509802,'root (command line)','order.processed','O-000001','{"license_number":"4W0ST-BHNSV-C2BGC-JRY8E"}',X'B4413C1A4C2735C8C75D5800F0EB8E39C2BB8A5D4498162E5CA4397AAE4F5BA0');
INSERT INTO "audit" VALUES(5,1795509803,'root (command line)','order.entered','O-000002','{"license_number":"DAR2S-V60JX-58EKX-6JM6A","product":"infinitime"}',X'BCE170CDCD95EABD60D4FFDC01648595FDC60B70C6E9906DDC4D2CC8BB5118CA');
INSERT INTO "audit" VALUES(6,1795509804,'root (command line)','license.intended','AR-F3CC-WD0F','{"key":"47bfa448baec51dd","license_number":"4W0ST-BHNSV-C2BGC-JRY8E","response":"4cb06867e58370850cc49d93560618a7","revision":"1"}',X'0C609EC45EBF57FB347BDB111CC970BF877F8699EB9BFB795CF17081EAE5949C');
INSERT INTO "audit" VALUES(7,1795509804,'root (command line)','license.issued','AR-F3CC-WD0F','{"key":"47bfa448baec51dd","license_number":"4W0ST-BHNSV-C2BGC-JRY8E","response":"4cb06867e58370850cc49d93560618a7","revision":"1"}',X'9A2B749A2B8CB51766A04D1106B3D181974F91C4252F4480119A241F751B71E5');
CREATE TABLE counters (
	name TEXT NOT NULL, 
	value BIGINT NOT NULL, 
	CONSTRAINT pk_counters PRIMARY KEY (name)
);
INSERT INTO "counters" VALUES('audit',7);
INSERT INTO "counters" VALUES('orders',2);
CREATE TABLE intents (
	position INTEGER NOT NULL, 
	request_id BLOB NOT NULL, 
	response_id BLOB NOT NULL, 
	kind TEXT NOT NULL, 
	payload BLOB NOT NULL, 
	key_id BLOB NOT NULL, 
	license_number TEXT NOT NULL, 
	revision BIGINT NOT NULL, 
	code TEXT NOT NULL, 
	intended BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	document BLOB, 
	CONSTRAINT pk_intents PRIMARY KEY (position), 
	CONSTRAINT fk_intents_request_id_requests FOREIGN KEY(request_id) REFERENCES requests (request_id) DEFERRABLE INITIALLY DEFERRED
);
INSERT INTO "intents" VALUES(1,X'78D8CE340F7B8769C5F28613A1EC10FA',X'4CB06867E58370850CC49D93560618A7','license',X'AF0101026A696E66696E6974696D650374345730535442484E535643324247434A525938450401051A6B054E2C065078D8CE340F7B8769C5F28613A1EC10FA07506A3803D5F059902A1C6DAFBC9BA4729208A20148C1F8D39914E9722A02486D616368696E653109694E6F72746877696E640AA169656D706C6F7965657318640B816D6163637275616C735F706C75730C1A6BF7C9F00D181E0E1AF39425701058C0D2845823A3013203746170706C69636174696F6E2F6F612D74727573740448E70F385558C39830A05854A5010102010376496E63657074696F6E20546563686E6F6C6F67696573041A6B054E290581855820B25BE1AEE3C7E86FA9203567AA4D2ABE941255BA9F82CF3F1E2A2B49180952911A6B03FCA91A7DD1512907F65840FB850A1666FF8EC3D1C83AD976F3CC24E6BD93A6E7FE98763DEF84F63E36BDD5AAEBB6EEB416A81B87DC4A535A71BDA1699AF64C20F5506A59CEB98C3CD8D90F',X'47BFA448BAEC51DD','4W0STBHNSVC2BGCJRY8E',1,'',1795509804,'signed',X'D2845825A3013203766170706C69636174696F6E2F6F612D6C6963656E7365044847BFA448BAEC51DDA0590162AF0101026A696E66696E6974696D650374345730535442484E535643324247434A525938450401051A6B054E2C065078D8CE340F7B8769C5F28613A1EC10FA07506A3803D5F059902A1C6DAFBC9BA4729208A20148C1F8D39914E9722A02486D616368696E653109694E6F72746877696E640AA169656D706C6F7965657318640B816D6163637275616C735F706C75730C1A6BF7C9F00D181E0E1AF39425701058C0D2845823A3013203746170706C69636174696F6E2F6F612D74727573740448E70F385558C39830A05854A5010102010376496E63657074696F6E20546563686E6F6C6F67696573041A6B054E290581855820B25BE1AEE3C7E86FA9203567AA4D2ABE941255BA9F82CF3F1E2A2B49180952911A6B03FCA91A7DD1512907F65840FB850A1666FF8EC3D1C83AD976F3CC24E6BD93A6E7FE98763DEF84F63E36BDD5AAEBB6EEB416A81B87DC4A535A71BDA1699AF64C20F5506A59CEB98C3CD8D90F584025A1A74686EAB8EA6BEA15C448DECE25FB17D486FD913F309BCB8D394D4FF67591ED7F9EF8145B746E682843F3931A6328BED86822C18B89011DC6F9C24B2003');
CREATE TABLE keys (
	position INTEGER NOT NULL, 
	key_id BLOB NOT NULL, 
	role TEXT NOT NULL, 
	public_key BLOB NOT NULL, 
	not_before BIGINT NOT NULL, 
	not_after BIGINT NOT NULL, 
	uses BIGINT NOT NULL, 
	products TEXT, 
	location TEXT NOT NULL, 
	state TEXT NOT NULL, 
	CONSTRAINT pk_keys PRIMARY KEY (position), 
	CONSTRAINT uq_keys_key_id UNIQUE (key_id)
);
INSERT INTO "keys" VALUES(1,X'E70F385558C39830','root',X'065E4EBB5E3664C08D139D566005712645480451622C0ED70F5574A0AA508857',1795423401,2741589801,0,NULL,'e70f385558c39830.pem','active');
INSERT INTO "keys" VALUES(2,X'47BFA448BAEC51DD','issuing',X'B25BE1AEE3C7E86FA9203567AA4D2ABE941255BA9F82CF3F1E2A2B4918095291',1795423401,2110869801,7,NULL,'47bfa448baec51dd.pem','active');
CREATE TABLE licenses (
	license_number TEXT NOT NULL, 
	product TEXT NOT NULL, 
	state TEXT NOT NULL, 
	company TEXT NOT NULL, 
	email TEXT NOT NULL, 
	contact_name TEXT NOT NULL, 
	entitlement TEXT NOT NULL, 
	issued TEXT, 
	revision BIGINT NOT NULL, 
	site_key BLOB, 
	volume_id TEXT, 
	volume_source TEXT, 
	components TEXT, 
	counter BIGINT, 
	contact TEXT, 
	first_activated BIGINT, 
	last_contact BIGINT, 
	last_response BLOB, 
	CONSTRAINT pk_licenses PRIMARY KEY (license_number), 
	CONSTRAINT fk_licenses_product_products FOREIGN KEY(product) REFERENCES products (product_id) DEFERRABLE INITIALLY DEFERRED
);
INSERT INTO "licenses" VALUES('4W0STBHNSVC2BGCJRY8E','infinitime','active','Northwind','it@northwind.example','','{"limits":{"employees":100},"maintenance_until":null,"options":["accruals_plus"],"until":"2099-06-30"}','{"limits":{"employees":100},"maintenance_until":null,"options":["accruals_plus"],"until":"2099-06-30"}',1,X'8139770EA87D175F56A35466C34C7ECCCB8D8A91B4EE37A25DF60F5B8FC9B394','2f1c1d5e-8f2b-4c59-9f4e-6a51c4bb0c11','ioctl:FS_IOC_GETFSUUID ext4','{"machine_id":"6d616368696e6531"}',1,'{"address1":"1250 Industrial Parkway","city":"Sacramento","company":"Northwind","email":"maria@northwind.example","first_name":"Maria","last_name":"Hernandez","phone":"+1 916 555 0142","state":"California","zip":"95814"}',1795509804,1795509804,X'4CB06867E58370850CC49D93560618A7');
INSERT INTO "licenses" VALUES('DAR2SV60JX58EKX6JM6A','infinitime','ordered','Contoso','it@contoso.example','','{"limits":{},"maintenance_until":null,"options":[],"until":null}',NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE order_lines (
	order_id TEXT NOT NULL, 
	line INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	amount BIGINT NOT NULL, 
	CONSTRAINT pk_order_lines PRIMARY KEY (order_id, line), 
	CONSTRAINT fk_order_lines_order_id_orders FOREIGN KEY(order_id) REFERENCES orders (order_id) DEFERRABLE INITIALLY DEFERRED
);
INSERT INTO "order_lines" VALUES('O-000001',0,'limit_total','employees',100);
INSERT INTO "order_lines" VALUES('O-000001',1,'option','accruals_plus',0);
INSERT INTO "order_lines" VALUES('O-000001',2,'until','2099-06-30',0);
INSERT INTO "order_lines" VALUES('O-000002',0,'limit_total','employees',40);
CREATE TABLE orders (
	position INTEGER NOT NULL, 
	order_id TEXT NOT NULL, 
	product TEXT NOT NULL, 
	license_number TEXT NOT NULL, 
	is_amendment BOOLEAN NOT NULL, 
	company TEXT NOT NULL, 
	email TEXT NOT NULL, 
	contact_name TEXT NOT NULL, 
	purchase_order TEXT NOT NULL, 
	state TEXT NOT NULL, 
	entered BIGINT NOT NULL, 
	processed BIGINT, 
	CONSTRAINT pk_orders PRIMARY KEY (position), 
	CONSTRAINT uq_orders_order_id UNIQUE (order_id), 
	CONSTRAINT fk_orders_product_products FOREIGN KEY(product) REFERENCES products (product_id) DEFERRABLE INITIALLY DEFERRED
);
INSERT INTO "orders" VALUES(1,'O-000001','infinitime','4W0STBHNSVC2BGCJRY8E',0,'Northwind','it@northwind.example','','','fulfilled',1795509802,1795509802);
INSERT INTO "orders" VALUES(2,'O-000002','infinitime','DAR2SV60JX58EKX6JM6A',0,'Contoso','it@contoso.example','','','entered',1795509803,NULL);
CREATE TABLE outbox (
	position INTEGER NOT NULL, 
	event TEXT NOT NULL, 
	recipient TEXT NOT NULL, 
	template TEXT NOT NULL, 
	facts TEXT NOT NULL, 
	queued BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	CONSTRAINT pk_outbox PRIMARY KEY (position), 
	CONSTRAINT uq_outbox_event UNIQUE (event)
);
INSERT INTO "outbox" VALUES(1,'order.processed:O-000001','it@northwind.example','ready','{"company":"Northwind","contact_name":"","is_update":"","license_number":"4W0ST-BHNSV-C2BGC-JRY8E","order":"O-000001","product":"InfiniTime","purchase_order":""}',1795509802,'queued');
CREATE TABLE products (
	product_id TEXT NOT NULL, 
	definition TEXT NOT NULL, 
	loaded BIGINT NOT NULL, 
	CONSTRAINT pk_products PRIMARY KEY (product_id)
);
INSERT INTO "products" VALUES('infinitime','# A complete product definition.  Load it with:  activation-vendor product load samples/infinitime.toml
# Names of products, limits and options are a-z, 0-9, _ and -, a letter first, at most 32 characters.

[product]
id = "infinitime"                    # never changes; the application asks for its license by this name
name = "InfiniTime"                  # on screens
vendor = "Inception Technologies"    # on screens; left out: the name given at ''activation-vendor init''
lease_days = 183                     # a license works so long after each contact; 0: no lease, contact never needed
grace_days = 30                      # and so long after the end of the lease, with warnings
warn_days = [90, 30, 14, 7, 1]       # days before an end at which warnings begin; each smaller than the one before
support_email = "support@inception.example"
server = "https://activation.inception.example"    # for electronic mode; left out: files, text and QR codes only

# Limits: counted rights.  ''demo'' is what may be used without a license; 0 switches the feature off in the demo.
[limits.employees]
label = "Employees"
demo = 5

[limits.badge_readers]
label = "Badge readers"
demo = 0

[limits.biometric_readers]
label = "Biometric readers"
demo = 0

# Options: features that are on or off.  ''demo = true'' lets people try one without a license.
[options.accruals_plus]
label = "Accruals Plus"

[options.telephone_punch]
label = "Telephone Punch Module"
demo = false

[demo]
days = 30                            # then the demo stops

# Which requests the rules may answer alone (''auto'') and which wait for a person (''ask'').
# A purpose that stands in neither list waits for a person.
[policy]
ask = ["rehost", "rebind", "transfer"]
auto = ["activate", "update", "renew", "return"]
',1795509801);
CREATE TABLE requests (
	position INTEGER NOT NULL, 
	request_id BLOB NOT NULL, 
	reference TEXT NOT NULL, 
	license_number TEXT NOT NULL, 
	document BLOB NOT NULL, 
	received BIGINT NOT NULL, 
	decision TEXT NOT NULL, 
	reasons TEXT NOT NULL, 
	approved_by TEXT, 
	refused_because TEXT, 
	CONSTRAINT pk_requests PRIMARY KEY (position), 
	CONSTRAINT uq_requests_request_id UNIQUE (request_id)
);
INSERT INTO "requests" VALUES(1,X'78D8CE340F7B8769C5F28613A1EC10FA','AR-F3CC-WD0F','4W0STBHNSVC2BGCJRY8E',X'D2845825A3013203766170706C69636174696F6E2F6F612D7265717565737404486A3803D5F059902AA059014DAE01010201036A696E66696E6974696D65041A6B0520DE0550000000000000000000000000000000000658208139770EA87D175F56A35466C34C7ECCCB8D8A91B4EE37A25DF60F5B8FC9B3940774345730535442484E535643324247434A52593845080109782432663163316435652D386632622D346335392D396634652D3661353163346262306331310A781B696F63746C3A46535F494F435F47455446535555494420657874340BA102486D616368696E65310CA901654D6172696103694865726E616E64657A04694E6F72746877696E6405773132353020496E647573747269616C205061726B776179076A53616372616D656E746F086A43616C69666F726E6961096539353831340A6F2B31203931362035353520303134320C776D61726961406E6F72746877696E642E6578616D706C650D001073416D65726963612F4C6F735F416E67656C65735840D06D82F7AA62D192BF1DF54752AD25FB118BC55EBB69A49D58B658480C198739974E1E7FEF5E98D0102291B142AE6C8E7EC3B2B9D108ACA8321D28608069B70F',1795509804,'sign','["The license is ready and no server holds it (activate)."]',NULL,NULL);
CREATE TABLE trust_lists (
	number BIGINT NOT NULL, 
	document BLOB NOT NULL, 
	CONSTRAINT pk_trust_lists PRIMARY KEY (number)
);
INSERT INTO "trust_lists" VALUES(1,X'D2845823A3013203746170706C69636174696F6E2F6F612D74727573740448E70F385558C39830A05854A5010102010376496E63657074696F6E20546563686E6F6C6F67696573041A6B054E290581855820B25BE1AEE3C7E86FA9203567AA4D2ABE941255BA9F82CF3F1E2A2B49180952911A6B03FCA91A7DD1512907F65840FB850A1666FF8EC3D1C83AD976F3CC24E6BD93A6E7FE98763DEF84F63E36BDD5AAEBB6EEB416A81B87DC4A535A71BDA1699AF64C20F5506A59CEB98C3CD8D90F');
CREATE TABLE vendor (
	only INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	root BLOB NOT NULL, 
	created BIGINT NOT NULL, 
	CONSTRAINT pk_vendor PRIMARY KEY (only), 
	CONSTRAINT ck_vendor_ck_vendor_only CHECK (only = 1)
);
INSERT INTO "vendor" VALUES(1,'Inception Technologies',X'065E4EBB5E3664C08D139D566005712645480451622C0ED70F5574A0AA508857',1795509801);
CREATE INDEX ix_orders_license_number ON orders (license_number);
CREATE INDEX ix_orders_state ON orders (state);
CREATE INDEX ix_licenses_site_key ON licenses (site_key);
CREATE INDEX ix_licenses_volume_id ON licenses (volume_id);
CREATE INDEX ix_requests_reference ON requests (reference);
CREATE INDEX ix_requests_asked ON requests (received, position) WHERE decision = 'ask';
CREATE INDEX ix_intents_license_number ON intents (license_number);
CREATE INDEX ix_intents_response_id ON intents (response_id);
CREATE UNIQUE INDEX uq_intents_request ON intents (request_id) WHERE state <> 'abandoned';
CREATE UNIQUE INDEX uq_intents_revision ON intents (license_number, revision) WHERE state <> 'abandoned' AND kind = 'license';
CREATE INDEX ix_audit_subject ON audit (subject);
CREATE TRIGGER audit_keeps_entries BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'entries of the audit log are never deleted'); END;
CREATE TRIGGER audit_keeps_content BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'entries of the audit log are never changed'); END;
COMMIT;
