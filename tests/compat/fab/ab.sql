BEGIN TRANSACTION;
CREATE TABLE ab_permission (
	id INTEGER NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	CONSTRAINT ab_permission_pkey PRIMARY KEY (id), 
	CONSTRAINT ab_permission_name_uq UNIQUE (name)
);
INSERT INTO "ab_permission" VALUES(1,'can_read');
INSERT INTO "ab_permission" VALUES(2,'can_edit');
INSERT INTO "ab_permission" VALUES(3,'can_delete');
INSERT INTO "ab_permission" VALUES(4,'menu_access');
INSERT INTO "ab_permission" VALUES(5,'can_create');
CREATE TABLE ab_permission_view (
	id INTEGER NOT NULL, 
	permission_id INTEGER NOT NULL, 
	view_menu_id INTEGER NOT NULL, 
	CONSTRAINT ab_permission_view_pkey PRIMARY KEY (id), 
	CONSTRAINT ab_permission_view_permission_id_view_menu_id_uq UNIQUE (permission_id, view_menu_id), 
	CONSTRAINT ab_permission_view_permission_id_fkey FOREIGN KEY(permission_id) REFERENCES ab_permission (id), 
	CONSTRAINT ab_permission_view_view_menu_id_fkey FOREIGN KEY(view_menu_id) REFERENCES ab_view_menu (id)
);
INSERT INTO "ab_permission_view" VALUES(1,1,1);
INSERT INTO "ab_permission_view" VALUES(2,2,1);
INSERT INTO "ab_permission_view" VALUES(3,3,1);
INSERT INTO "ab_permission_view" VALUES(4,1,2);
INSERT INTO "ab_permission_view" VALUES(5,1,3);
INSERT INTO "ab_permission_view" VALUES(6,1,4);
INSERT INTO "ab_permission_view" VALUES(7,1,5);
INSERT INTO "ab_permission_view" VALUES(8,1,6);
INSERT INTO "ab_permission_view" VALUES(9,1,7);
INSERT INTO "ab_permission_view" VALUES(10,1,8);
INSERT INTO "ab_permission_view" VALUES(11,1,9);
INSERT INTO "ab_permission_view" VALUES(12,1,10);
INSERT INTO "ab_permission_view" VALUES(13,1,11);
INSERT INTO "ab_permission_view" VALUES(14,1,12);
INSERT INTO "ab_permission_view" VALUES(15,1,13);
INSERT INTO "ab_permission_view" VALUES(16,1,14);
INSERT INTO "ab_permission_view" VALUES(17,2,14);
INSERT INTO "ab_permission_view" VALUES(18,1,15);
INSERT INTO "ab_permission_view" VALUES(19,2,15);
INSERT INTO "ab_permission_view" VALUES(20,1,16);
INSERT INTO "ab_permission_view" VALUES(21,1,17);
INSERT INTO "ab_permission_view" VALUES(22,1,18);
INSERT INTO "ab_permission_view" VALUES(23,1,19);
INSERT INTO "ab_permission_view" VALUES(24,1,20);
INSERT INTO "ab_permission_view" VALUES(25,1,21);
INSERT INTO "ab_permission_view" VALUES(26,4,22);
INSERT INTO "ab_permission_view" VALUES(27,4,1);
INSERT INTO "ab_permission_view" VALUES(28,4,2);
INSERT INTO "ab_permission_view" VALUES(29,4,4);
INSERT INTO "ab_permission_view" VALUES(30,4,7);
INSERT INTO "ab_permission_view" VALUES(31,4,10);
INSERT INTO "ab_permission_view" VALUES(32,4,23);
INSERT INTO "ab_permission_view" VALUES(33,4,24);
INSERT INTO "ab_permission_view" VALUES(34,4,13);
INSERT INTO "ab_permission_view" VALUES(35,4,16);
INSERT INTO "ab_permission_view" VALUES(36,4,17);
INSERT INTO "ab_permission_view" VALUES(37,5,17);
INSERT INTO "ab_permission_view" VALUES(38,2,17);
INSERT INTO "ab_permission_view" VALUES(39,3,17);
INSERT INTO "ab_permission_view" VALUES(40,5,4);
INSERT INTO "ab_permission_view" VALUES(41,2,4);
INSERT INTO "ab_permission_view" VALUES(42,3,4);
INSERT INTO "ab_permission_view" VALUES(43,2,20);
INSERT INTO "ab_permission_view" VALUES(44,5,7);
INSERT INTO "ab_permission_view" VALUES(45,4,25);
INSERT INTO "ab_permission_view" VALUES(46,4,26);
INSERT INTO "ab_permission_view" VALUES(47,4,27);
INSERT INTO "ab_permission_view" VALUES(48,4,11);
INSERT INTO "ab_permission_view" VALUES(49,4,28);
INSERT INTO "ab_permission_view" VALUES(50,4,29);
INSERT INTO "ab_permission_view" VALUES(51,4,30);
INSERT INTO "ab_permission_view" VALUES(52,4,19);
INSERT INTO "ab_permission_view" VALUES(53,4,20);
INSERT INTO "ab_permission_view" VALUES(54,1,26);
INSERT INTO "ab_permission_view" VALUES(55,5,27);
INSERT INTO "ab_permission_view" VALUES(56,1,27);
INSERT INTO "ab_permission_view" VALUES(57,2,27);
INSERT INTO "ab_permission_view" VALUES(58,3,27);
INSERT INTO "ab_permission_view" VALUES(59,5,11);
INSERT INTO "ab_permission_view" VALUES(60,2,11);
INSERT INTO "ab_permission_view" VALUES(61,3,11);
INSERT INTO "ab_permission_view" VALUES(62,1,28);
INSERT INTO "ab_permission_view" VALUES(63,1,30);
INSERT INTO "ab_permission_view" VALUES(64,5,29);
INSERT INTO "ab_permission_view" VALUES(65,1,29);
INSERT INTO "ab_permission_view" VALUES(66,2,29);
INSERT INTO "ab_permission_view" VALUES(67,3,29);
INSERT INTO "ab_permission_view" VALUES(68,5,19);
INSERT INTO "ab_permission_view" VALUES(69,2,19);
INSERT INTO "ab_permission_view" VALUES(70,3,19);
INSERT INTO "ab_permission_view" VALUES(71,2,7);
INSERT INTO "ab_permission_view" VALUES(72,3,7);
INSERT INTO "ab_permission_view" VALUES(73,5,9);
INSERT INTO "ab_permission_view" VALUES(74,2,9);
INSERT INTO "ab_permission_view" VALUES(75,3,9);
INSERT INTO "ab_permission_view" VALUES(76,1,31);
INSERT INTO "ab_permission_view" VALUES(77,4,31);
INSERT INTO "ab_permission_view" VALUES(78,1,32);
INSERT INTO "ab_permission_view" VALUES(79,1,33);
INSERT INTO "ab_permission_view" VALUES(80,1,34);
INSERT INTO "ab_permission_view" VALUES(81,1,35);
INSERT INTO "ab_permission_view" VALUES(82,4,35);
INSERT INTO "ab_permission_view" VALUES(83,1,36);
INSERT INTO "ab_permission_view" VALUES(84,4,36);
INSERT INTO "ab_permission_view" VALUES(85,1,37);
INSERT INTO "ab_permission_view" VALUES(86,2,37);
INSERT INTO "ab_permission_view" VALUES(87,1,38);
INSERT INTO "ab_permission_view" VALUES(88,2,38);
INSERT INTO "ab_permission_view" VALUES(89,5,43);
INSERT INTO "ab_permission_view" VALUES(90,1,43);
INSERT INTO "ab_permission_view" VALUES(91,2,43);
INSERT INTO "ab_permission_view" VALUES(92,3,43);
INSERT INTO "ab_permission_view" VALUES(93,4,44);
INSERT INTO "ab_permission_view" VALUES(94,4,45);
INSERT INTO "ab_permission_view" VALUES(95,5,38);
INSERT INTO "ab_permission_view" VALUES(96,3,38);
INSERT INTO "ab_permission_view" VALUES(97,4,46);
INSERT INTO "ab_permission_view" VALUES(98,1,47);
INSERT INTO "ab_permission_view" VALUES(99,4,48);
INSERT INTO "ab_permission_view" VALUES(100,1,49);
INSERT INTO "ab_permission_view" VALUES(101,4,50);
INSERT INTO "ab_permission_view" VALUES(102,1,51);
INSERT INTO "ab_permission_view" VALUES(103,4,52);
INSERT INTO "ab_permission_view" VALUES(104,1,53);
INSERT INTO "ab_permission_view" VALUES(105,4,54);
CREATE TABLE ab_permission_view_role (
	id INTEGER NOT NULL, 
	permission_view_id INTEGER, 
	role_id INTEGER, 
	CONSTRAINT ab_permission_view_role_pkey PRIMARY KEY (id), 
	CONSTRAINT ab_permission_view_role_permission_view_id_role_id_uq UNIQUE (permission_view_id, role_id), 
	CONSTRAINT ab_permission_view_role_permission_view_id_fkey FOREIGN KEY(permission_view_id) REFERENCES ab_permission_view (id) ON DELETE CASCADE, 
	CONSTRAINT ab_permission_view_role_role_id_fkey FOREIGN KEY(role_id) REFERENCES ab_role (id) ON DELETE CASCADE
);
INSERT INTO "ab_permission_view_role" VALUES(1,1,3);
INSERT INTO "ab_permission_view_role" VALUES(2,4,3);
INSERT INTO "ab_permission_view_role" VALUES(3,5,3);
INSERT INTO "ab_permission_view_role" VALUES(4,6,3);
INSERT INTO "ab_permission_view_role" VALUES(5,7,3);
INSERT INTO "ab_permission_view_role" VALUES(6,8,3);
INSERT INTO "ab_permission_view_role" VALUES(7,9,3);
INSERT INTO "ab_permission_view_role" VALUES(8,10,3);
INSERT INTO "ab_permission_view_role" VALUES(9,11,3);
INSERT INTO "ab_permission_view_role" VALUES(10,12,3);
INSERT INTO "ab_permission_view_role" VALUES(11,13,3);
INSERT INTO "ab_permission_view_role" VALUES(12,14,3);
INSERT INTO "ab_permission_view_role" VALUES(13,15,3);
INSERT INTO "ab_permission_view_role" VALUES(14,16,3);
INSERT INTO "ab_permission_view_role" VALUES(15,17,3);
INSERT INTO "ab_permission_view_role" VALUES(16,18,3);
INSERT INTO "ab_permission_view_role" VALUES(17,19,3);
INSERT INTO "ab_permission_view_role" VALUES(18,20,3);
INSERT INTO "ab_permission_view_role" VALUES(19,21,3);
INSERT INTO "ab_permission_view_role" VALUES(20,22,3);
INSERT INTO "ab_permission_view_role" VALUES(21,23,3);
INSERT INTO "ab_permission_view_role" VALUES(22,24,3);
INSERT INTO "ab_permission_view_role" VALUES(23,25,3);
INSERT INTO "ab_permission_view_role" VALUES(24,26,3);
INSERT INTO "ab_permission_view_role" VALUES(25,27,3);
INSERT INTO "ab_permission_view_role" VALUES(26,28,3);
INSERT INTO "ab_permission_view_role" VALUES(27,29,3);
INSERT INTO "ab_permission_view_role" VALUES(28,30,3);
INSERT INTO "ab_permission_view_role" VALUES(29,31,3);
INSERT INTO "ab_permission_view_role" VALUES(30,32,3);
INSERT INTO "ab_permission_view_role" VALUES(31,33,3);
INSERT INTO "ab_permission_view_role" VALUES(32,34,3);
INSERT INTO "ab_permission_view_role" VALUES(33,35,3);
INSERT INTO "ab_permission_view_role" VALUES(34,36,3);
INSERT INTO "ab_permission_view_role" VALUES(35,1,4);
INSERT INTO "ab_permission_view_role" VALUES(36,4,4);
INSERT INTO "ab_permission_view_role" VALUES(37,5,4);
INSERT INTO "ab_permission_view_role" VALUES(38,6,4);
INSERT INTO "ab_permission_view_role" VALUES(39,7,4);
INSERT INTO "ab_permission_view_role" VALUES(40,8,4);
INSERT INTO "ab_permission_view_role" VALUES(41,9,4);
INSERT INTO "ab_permission_view_role" VALUES(42,10,4);
INSERT INTO "ab_permission_view_role" VALUES(43,11,4);
INSERT INTO "ab_permission_view_role" VALUES(44,12,4);
INSERT INTO "ab_permission_view_role" VALUES(45,13,4);
INSERT INTO "ab_permission_view_role" VALUES(46,14,4);
INSERT INTO "ab_permission_view_role" VALUES(47,15,4);
INSERT INTO "ab_permission_view_role" VALUES(48,16,4);
INSERT INTO "ab_permission_view_role" VALUES(49,17,4);
INSERT INTO "ab_permission_view_role" VALUES(50,18,4);
INSERT INTO "ab_permission_view_role" VALUES(51,19,4);
INSERT INTO "ab_permission_view_role" VALUES(52,20,4);
INSERT INTO "ab_permission_view_role" VALUES(53,21,4);
INSERT INTO "ab_permission_view_role" VALUES(54,22,4);
INSERT INTO "ab_permission_view_role" VALUES(55,23,4);
INSERT INTO "ab_permission_view_role" VALUES(56,24,4);
INSERT INTO "ab_permission_view_role" VALUES(57,25,4);
INSERT INTO "ab_permission_view_role" VALUES(58,26,4);
INSERT INTO "ab_permission_view_role" VALUES(59,27,4);
INSERT INTO "ab_permission_view_role" VALUES(60,28,4);
INSERT INTO "ab_permission_view_role" VALUES(61,29,4);
INSERT INTO "ab_permission_view_role" VALUES(62,30,4);
INSERT INTO "ab_permission_view_role" VALUES(63,31,4);
INSERT INTO "ab_permission_view_role" VALUES(64,32,4);
INSERT INTO "ab_permission_view_role" VALUES(65,33,4);
INSERT INTO "ab_permission_view_role" VALUES(66,34,4);
INSERT INTO "ab_permission_view_role" VALUES(67,35,4);
INSERT INTO "ab_permission_view_role" VALUES(68,36,4);
INSERT INTO "ab_permission_view_role" VALUES(69,2,4);
INSERT INTO "ab_permission_view_role" VALUES(70,3,4);
INSERT INTO "ab_permission_view_role" VALUES(71,37,4);
INSERT INTO "ab_permission_view_role" VALUES(72,38,4);
INSERT INTO "ab_permission_view_role" VALUES(73,39,4);
INSERT INTO "ab_permission_view_role" VALUES(74,40,4);
INSERT INTO "ab_permission_view_role" VALUES(75,41,4);
INSERT INTO "ab_permission_view_role" VALUES(76,42,4);
INSERT INTO "ab_permission_view_role" VALUES(77,43,4);
INSERT INTO "ab_permission_view_role" VALUES(78,44,4);
INSERT INTO "ab_permission_view_role" VALUES(79,1,5);
INSERT INTO "ab_permission_view_role" VALUES(80,4,5);
INSERT INTO "ab_permission_view_role" VALUES(81,5,5);
INSERT INTO "ab_permission_view_role" VALUES(82,6,5);
INSERT INTO "ab_permission_view_role" VALUES(83,7,5);
INSERT INTO "ab_permission_view_role" VALUES(84,8,5);
INSERT INTO "ab_permission_view_role" VALUES(85,9,5);
INSERT INTO "ab_permission_view_role" VALUES(86,10,5);
INSERT INTO "ab_permission_view_role" VALUES(87,11,5);
INSERT INTO "ab_permission_view_role" VALUES(88,12,5);
INSERT INTO "ab_permission_view_role" VALUES(89,13,5);
INSERT INTO "ab_permission_view_role" VALUES(90,14,5);
INSERT INTO "ab_permission_view_role" VALUES(91,15,5);
INSERT INTO "ab_permission_view_role" VALUES(92,16,5);
INSERT INTO "ab_permission_view_role" VALUES(93,17,5);
INSERT INTO "ab_permission_view_role" VALUES(94,18,5);
INSERT INTO "ab_permission_view_role" VALUES(95,19,5);
INSERT INTO "ab_permission_view_role" VALUES(96,20,5);
INSERT INTO "ab_permission_view_role" VALUES(97,21,5);
INSERT INTO "ab_permission_view_role" VALUES(98,22,5);
INSERT INTO "ab_permission_view_role" VALUES(99,23,5);
INSERT INTO "ab_permission_view_role" VALUES(100,24,5);
INSERT INTO "ab_permission_view_role" VALUES(101,25,5);
INSERT INTO "ab_permission_view_role" VALUES(102,26,5);
INSERT INTO "ab_permission_view_role" VALUES(103,27,5);
INSERT INTO "ab_permission_view_role" VALUES(104,28,5);
INSERT INTO "ab_permission_view_role" VALUES(105,29,5);
INSERT INTO "ab_permission_view_role" VALUES(106,30,5);
INSERT INTO "ab_permission_view_role" VALUES(107,31,5);
INSERT INTO "ab_permission_view_role" VALUES(108,32,5);
INSERT INTO "ab_permission_view_role" VALUES(109,33,5);
INSERT INTO "ab_permission_view_role" VALUES(110,34,5);
INSERT INTO "ab_permission_view_role" VALUES(111,35,5);
INSERT INTO "ab_permission_view_role" VALUES(112,36,5);
INSERT INTO "ab_permission_view_role" VALUES(113,2,5);
INSERT INTO "ab_permission_view_role" VALUES(114,3,5);
INSERT INTO "ab_permission_view_role" VALUES(115,37,5);
INSERT INTO "ab_permission_view_role" VALUES(116,38,5);
INSERT INTO "ab_permission_view_role" VALUES(117,39,5);
INSERT INTO "ab_permission_view_role" VALUES(118,40,5);
INSERT INTO "ab_permission_view_role" VALUES(119,41,5);
INSERT INTO "ab_permission_view_role" VALUES(120,42,5);
INSERT INTO "ab_permission_view_role" VALUES(121,43,5);
INSERT INTO "ab_permission_view_role" VALUES(122,44,5);
INSERT INTO "ab_permission_view_role" VALUES(123,45,5);
INSERT INTO "ab_permission_view_role" VALUES(124,46,5);
INSERT INTO "ab_permission_view_role" VALUES(125,47,5);
INSERT INTO "ab_permission_view_role" VALUES(126,48,5);
INSERT INTO "ab_permission_view_role" VALUES(127,49,5);
INSERT INTO "ab_permission_view_role" VALUES(128,50,5);
INSERT INTO "ab_permission_view_role" VALUES(129,51,5);
INSERT INTO "ab_permission_view_role" VALUES(130,52,5);
INSERT INTO "ab_permission_view_role" VALUES(131,53,5);
INSERT INTO "ab_permission_view_role" VALUES(132,54,5);
INSERT INTO "ab_permission_view_role" VALUES(133,55,5);
INSERT INTO "ab_permission_view_role" VALUES(134,56,5);
INSERT INTO "ab_permission_view_role" VALUES(135,57,5);
INSERT INTO "ab_permission_view_role" VALUES(136,58,5);
INSERT INTO "ab_permission_view_role" VALUES(137,59,5);
INSERT INTO "ab_permission_view_role" VALUES(138,60,5);
INSERT INTO "ab_permission_view_role" VALUES(139,61,5);
INSERT INTO "ab_permission_view_role" VALUES(140,62,5);
INSERT INTO "ab_permission_view_role" VALUES(141,63,5);
INSERT INTO "ab_permission_view_role" VALUES(142,64,5);
INSERT INTO "ab_permission_view_role" VALUES(143,65,5);
INSERT INTO "ab_permission_view_role" VALUES(144,66,5);
INSERT INTO "ab_permission_view_role" VALUES(145,67,5);
INSERT INTO "ab_permission_view_role" VALUES(146,68,5);
INSERT INTO "ab_permission_view_role" VALUES(147,69,5);
INSERT INTO "ab_permission_view_role" VALUES(148,70,5);
INSERT INTO "ab_permission_view_role" VALUES(149,71,5);
INSERT INTO "ab_permission_view_role" VALUES(150,72,5);
INSERT INTO "ab_permission_view_role" VALUES(151,73,5);
INSERT INTO "ab_permission_view_role" VALUES(152,74,5);
INSERT INTO "ab_permission_view_role" VALUES(153,75,5);
INSERT INTO "ab_permission_view_role" VALUES(154,1,1);
INSERT INTO "ab_permission_view_role" VALUES(155,4,1);
INSERT INTO "ab_permission_view_role" VALUES(156,5,1);
INSERT INTO "ab_permission_view_role" VALUES(157,6,1);
INSERT INTO "ab_permission_view_role" VALUES(158,7,1);
INSERT INTO "ab_permission_view_role" VALUES(159,8,1);
INSERT INTO "ab_permission_view_role" VALUES(160,9,1);
INSERT INTO "ab_permission_view_role" VALUES(161,10,1);
INSERT INTO "ab_permission_view_role" VALUES(162,11,1);
INSERT INTO "ab_permission_view_role" VALUES(163,12,1);
INSERT INTO "ab_permission_view_role" VALUES(164,13,1);
INSERT INTO "ab_permission_view_role" VALUES(165,14,1);
INSERT INTO "ab_permission_view_role" VALUES(166,15,1);
INSERT INTO "ab_permission_view_role" VALUES(167,16,1);
INSERT INTO "ab_permission_view_role" VALUES(168,17,1);
INSERT INTO "ab_permission_view_role" VALUES(169,18,1);
INSERT INTO "ab_permission_view_role" VALUES(170,19,1);
INSERT INTO "ab_permission_view_role" VALUES(171,20,1);
INSERT INTO "ab_permission_view_role" VALUES(172,21,1);
INSERT INTO "ab_permission_view_role" VALUES(173,22,1);
INSERT INTO "ab_permission_view_role" VALUES(174,23,1);
INSERT INTO "ab_permission_view_role" VALUES(175,24,1);
INSERT INTO "ab_permission_view_role" VALUES(176,25,1);
INSERT INTO "ab_permission_view_role" VALUES(177,26,1);
INSERT INTO "ab_permission_view_role" VALUES(178,27,1);
INSERT INTO "ab_permission_view_role" VALUES(179,28,1);
INSERT INTO "ab_permission_view_role" VALUES(180,29,1);
INSERT INTO "ab_permission_view_role" VALUES(181,30,1);
INSERT INTO "ab_permission_view_role" VALUES(182,31,1);
INSERT INTO "ab_permission_view_role" VALUES(183,32,1);
INSERT INTO "ab_permission_view_role" VALUES(184,33,1);
INSERT INTO "ab_permission_view_role" VALUES(185,34,1);
INSERT INTO "ab_permission_view_role" VALUES(186,35,1);
INSERT INTO "ab_permission_view_role" VALUES(187,36,1);
INSERT INTO "ab_permission_view_role" VALUES(188,2,1);
INSERT INTO "ab_permission_view_role" VALUES(189,3,1);
INSERT INTO "ab_permission_view_role" VALUES(190,37,1);
INSERT INTO "ab_permission_view_role" VALUES(191,38,1);
INSERT INTO "ab_permission_view_role" VALUES(192,39,1);
INSERT INTO "ab_permission_view_role" VALUES(193,40,1);
INSERT INTO "ab_permission_view_role" VALUES(194,41,1);
INSERT INTO "ab_permission_view_role" VALUES(195,42,1);
INSERT INTO "ab_permission_view_role" VALUES(196,43,1);
INSERT INTO "ab_permission_view_role" VALUES(197,44,1);
INSERT INTO "ab_permission_view_role" VALUES(198,45,1);
INSERT INTO "ab_permission_view_role" VALUES(199,46,1);
INSERT INTO "ab_permission_view_role" VALUES(200,47,1);
INSERT INTO "ab_permission_view_role" VALUES(201,48,1);
INSERT INTO "ab_permission_view_role" VALUES(202,49,1);
INSERT INTO "ab_permission_view_role" VALUES(203,50,1);
INSERT INTO "ab_permission_view_role" VALUES(204,51,1);
INSERT INTO "ab_permission_view_role" VALUES(205,52,1);
INSERT INTO "ab_permission_view_role" VALUES(206,53,1);
INSERT INTO "ab_permission_view_role" VALUES(207,54,1);
INSERT INTO "ab_permission_view_role" VALUES(208,55,1);
INSERT INTO "ab_permission_view_role" VALUES(209,56,1);
INSERT INTO "ab_permission_view_role" VALUES(210,57,1);
INSERT INTO "ab_permission_view_role" VALUES(211,58,1);
INSERT INTO "ab_permission_view_role" VALUES(212,59,1);
INSERT INTO "ab_permission_view_role" VALUES(213,60,1);
INSERT INTO "ab_permission_view_role" VALUES(214,61,1);
INSERT INTO "ab_permission_view_role" VALUES(215,62,1);
INSERT INTO "ab_permission_view_role" VALUES(216,63,1);
INSERT INTO "ab_permission_view_role" VALUES(217,64,1);
INSERT INTO "ab_permission_view_role" VALUES(218,65,1);
INSERT INTO "ab_permission_view_role" VALUES(219,66,1);
INSERT INTO "ab_permission_view_role" VALUES(220,67,1);
INSERT INTO "ab_permission_view_role" VALUES(221,68,1);
INSERT INTO "ab_permission_view_role" VALUES(222,69,1);
INSERT INTO "ab_permission_view_role" VALUES(223,70,1);
INSERT INTO "ab_permission_view_role" VALUES(224,71,1);
INSERT INTO "ab_permission_view_role" VALUES(225,72,1);
INSERT INTO "ab_permission_view_role" VALUES(226,73,1);
INSERT INTO "ab_permission_view_role" VALUES(227,74,1);
INSERT INTO "ab_permission_view_role" VALUES(228,75,1);
INSERT INTO "ab_permission_view_role" VALUES(229,76,1);
INSERT INTO "ab_permission_view_role" VALUES(230,77,1);
INSERT INTO "ab_permission_view_role" VALUES(231,78,1);
INSERT INTO "ab_permission_view_role" VALUES(232,79,1);
INSERT INTO "ab_permission_view_role" VALUES(233,80,1);
INSERT INTO "ab_permission_view_role" VALUES(234,81,1);
INSERT INTO "ab_permission_view_role" VALUES(235,82,1);
INSERT INTO "ab_permission_view_role" VALUES(236,83,1);
INSERT INTO "ab_permission_view_role" VALUES(237,84,1);
INSERT INTO "ab_permission_view_role" VALUES(238,85,1);
INSERT INTO "ab_permission_view_role" VALUES(239,86,1);
INSERT INTO "ab_permission_view_role" VALUES(240,87,1);
INSERT INTO "ab_permission_view_role" VALUES(241,88,1);
INSERT INTO "ab_permission_view_role" VALUES(242,89,1);
INSERT INTO "ab_permission_view_role" VALUES(243,90,1);
INSERT INTO "ab_permission_view_role" VALUES(244,91,1);
INSERT INTO "ab_permission_view_role" VALUES(245,92,1);
INSERT INTO "ab_permission_view_role" VALUES(246,93,1);
INSERT INTO "ab_permission_view_role" VALUES(247,94,1);
INSERT INTO "ab_permission_view_role" VALUES(248,95,1);
INSERT INTO "ab_permission_view_role" VALUES(249,96,1);
INSERT INTO "ab_permission_view_role" VALUES(250,97,1);
INSERT INTO "ab_permission_view_role" VALUES(251,98,1);
INSERT INTO "ab_permission_view_role" VALUES(252,99,1);
INSERT INTO "ab_permission_view_role" VALUES(253,100,1);
INSERT INTO "ab_permission_view_role" VALUES(254,101,1);
INSERT INTO "ab_permission_view_role" VALUES(255,102,1);
INSERT INTO "ab_permission_view_role" VALUES(256,103,1);
INSERT INTO "ab_permission_view_role" VALUES(257,104,1);
INSERT INTO "ab_permission_view_role" VALUES(258,105,1);
INSERT INTO "ab_permission_view_role" VALUES(259,13,6);
CREATE TABLE ab_role (
	id INTEGER NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	CONSTRAINT ab_role_pkey PRIMARY KEY (id), 
	CONSTRAINT ab_role_name_uq UNIQUE (name)
);
INSERT INTO "ab_role" VALUES(1,'Admin');
INSERT INTO "ab_role" VALUES(2,'Public');
INSERT INTO "ab_role" VALUES(3,'Viewer');
INSERT INTO "ab_role" VALUES(4,'User');
INSERT INTO "ab_role" VALUES(5,'Op');
INSERT INTO "ab_role" VALUES(6,'night shift');
CREATE TABLE ab_user (
	id INTEGER NOT NULL, 
	first_name VARCHAR(256) NOT NULL, 
	last_name VARCHAR(256) NOT NULL, 
	username VARCHAR(512) COLLATE "NOCASE" NOT NULL, 
	password VARCHAR(256), 
	active BOOLEAN, 
	email VARCHAR(512) NOT NULL, 
	last_login DATETIME, 
	login_count INTEGER, 
	fail_login_count INTEGER, 
	created_on DATETIME, 
	changed_on DATETIME, 
	created_by_fk INTEGER, 
	changed_by_fk INTEGER, 
	CONSTRAINT ab_user_pkey PRIMARY KEY (id), 
	CONSTRAINT ab_user_username_uq UNIQUE (username), 
	CONSTRAINT ab_user_email_uq UNIQUE (email), 
	CONSTRAINT ab_user_created_by_fk_fkey FOREIGN KEY(created_by_fk) REFERENCES ab_user (id), 
	CONSTRAINT ab_user_changed_by_fk_fkey FOREIGN KEY(changed_by_fk) REFERENCES ab_user (id)
);
INSERT INTO "ab_user" VALUES(5,'scrypt','L','scrypt','scrypt:32768:8:1$yjTP2PKAwoLiQNSc$b09c7a9514fd34b639c981484391de9addf6b3e3d53cdf11b346c54e52b1b6cf477f324bfbdf1053d23d6add2d8105d42229654a704726fd3145831ac12eccab',1,'scrypt@example.org',NULL,3,0,'2025-01-02 03:04:05.000006','2025-01-02 03:04:05.000006',NULL,NULL);
INSERT INTO "ab_user" VALUES(6,'pbkdf2','L','pbkdf2','pbkdf2:sha256:600000$NGOp8fHkuTCv1esX$91dcdaa00d8bdccc808cef3ef225c5bc376e0b662265360bbac3abd830f3f1e5',1,'pbkdf2@example.org',NULL,3,0,'2025-01-02 03:04:05.000006','2025-01-02 03:04:05.000006',NULL,NULL);
INSERT INTO "ab_user" VALUES(7,'gone','L','gone','scrypt:32768:8:1$bAwHOUhgRrtr6dnX$d50c3cfb7a83644438835ec603ef7c811fcb060e500a6e77d28a6aa2f70d78de5409fba8711e4d16a2d02fad50078c19a889af7147d23738b77d2ef0cba6edec',0,'gone@example.org',NULL,3,0,'2025-01-02 03:04:05.000006','2025-01-02 03:04:05.000006',NULL,NULL);
CREATE TABLE ab_user_role (
	id INTEGER NOT NULL, 
	user_id INTEGER, 
	role_id INTEGER, 
	CONSTRAINT ab_user_role_pkey PRIMARY KEY (id), 
	CONSTRAINT ab_user_role_user_id_role_id_uq UNIQUE (user_id, role_id), 
	CONSTRAINT ab_user_role_user_id_fkey FOREIGN KEY(user_id) REFERENCES ab_user (id) ON DELETE CASCADE, 
	CONSTRAINT ab_user_role_role_id_fkey FOREIGN KEY(role_id) REFERENCES ab_role (id) ON DELETE CASCADE
);
INSERT INTO "ab_user_role" VALUES(1,5,3);
INSERT INTO "ab_user_role" VALUES(2,6,6);
INSERT INTO "ab_user_role" VALUES(3,7,1);
CREATE TABLE ab_view_menu (
	id INTEGER NOT NULL, 
	name VARCHAR(250) NOT NULL, 
	CONSTRAINT ab_view_menu_pkey PRIMARY KEY (id), 
	CONSTRAINT ab_view_menu_name_uq UNIQUE (name)
);
INSERT INTO "ab_view_menu" VALUES(1,'DAGs');
INSERT INTO "ab_view_menu" VALUES(2,'DAG Dependencies');
INSERT INTO "ab_view_menu" VALUES(3,'DAG Code');
INSERT INTO "ab_view_menu" VALUES(4,'DAG Runs');
INSERT INTO "ab_view_menu" VALUES(5,'DAG Versions');
INSERT INTO "ab_view_menu" VALUES(6,'DAG Warnings');
INSERT INTO "ab_view_menu" VALUES(7,'Assets');
INSERT INTO "ab_view_menu" VALUES(8,'Asset Aliases');
INSERT INTO "ab_view_menu" VALUES(9,'Backfills');
INSERT INTO "ab_view_menu" VALUES(10,'Cluster Activity');
INSERT INTO "ab_view_menu" VALUES(11,'Pools');
INSERT INTO "ab_view_menu" VALUES(12,'ImportError');
INSERT INTO "ab_view_menu" VALUES(13,'Jobs');
INSERT INTO "ab_view_menu" VALUES(14,'My Password');
INSERT INTO "ab_view_menu" VALUES(15,'My Profile');
INSERT INTO "ab_view_menu" VALUES(16,'SLA Misses');
INSERT INTO "ab_view_menu" VALUES(17,'Task Instances');
INSERT INTO "ab_view_menu" VALUES(18,'Task Logs');
INSERT INTO "ab_view_menu" VALUES(19,'XComs');
INSERT INTO "ab_view_menu" VALUES(20,'HITL Detail');
INSERT INTO "ab_view_menu" VALUES(21,'Website');
INSERT INTO "ab_view_menu" VALUES(22,'Browse');
INSERT INTO "ab_view_menu" VALUES(23,'Documentation');
INSERT INTO "ab_view_menu" VALUES(24,'Docs');
INSERT INTO "ab_view_menu" VALUES(25,'Admin');
INSERT INTO "ab_view_menu" VALUES(26,'Configurations');
INSERT INTO "ab_view_menu" VALUES(27,'Connections');
INSERT INTO "ab_view_menu" VALUES(28,'Plugins');
INSERT INTO "ab_view_menu" VALUES(29,'Variables');
INSERT INTO "ab_view_menu" VALUES(30,'Providers');
INSERT INTO "ab_view_menu" VALUES(31,'Audit Logs');
INSERT INTO "ab_view_menu" VALUES(32,'All Audit Logs');
INSERT INTO "ab_view_menu" VALUES(33,'All Import Errors');
INSERT INTO "ab_view_menu" VALUES(34,'All Reparses');
INSERT INTO "ab_view_menu" VALUES(35,'Task Reschedules');
INSERT INTO "ab_view_menu" VALUES(36,'Triggers');
INSERT INTO "ab_view_menu" VALUES(37,'Passwords');
INSERT INTO "ab_view_menu" VALUES(38,'Roles');
INSERT INTO "ab_view_menu" VALUES(39,'FabIndexView');
INSERT INTO "ab_view_menu" VALUES(40,'UtilView');
INSERT INTO "ab_view_menu" VALUES(41,'SecurityApi');
INSERT INTO "ab_view_menu" VALUES(42,'AuthDBView');
INSERT INTO "ab_view_menu" VALUES(43,'Users');
INSERT INTO "ab_view_menu" VALUES(44,'List Users');
INSERT INTO "ab_view_menu" VALUES(45,'Security');
INSERT INTO "ab_view_menu" VALUES(46,'List Roles');
INSERT INTO "ab_view_menu" VALUES(47,'User Stats Chart');
INSERT INTO "ab_view_menu" VALUES(48,'User''s Statistics');
INSERT INTO "ab_view_menu" VALUES(49,'Permissions');
INSERT INTO "ab_view_menu" VALUES(50,'Actions');
INSERT INTO "ab_view_menu" VALUES(51,'View Menus');
INSERT INTO "ab_view_menu" VALUES(52,'Resources');
INSERT INTO "ab_view_menu" VALUES(53,'Permission Views');
INSERT INTO "ab_view_menu" VALUES(54,'Permission Pairs');
CREATE INDEX idx_role_id ON ab_permission_view_role (role_id);
CREATE INDEX idx_permission_view_id ON ab_permission_view_role (permission_view_id);
COMMIT;
